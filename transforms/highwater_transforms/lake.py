"""Where things are in the lake: the one rule from an account's endpoint to the URI that Spark takes."""

from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from highwater_transforms.errors import TransformError

CONTAINERS = ("landing", "bronze", "silver", "gold", "restricted", "quarantine")


@dataclass(frozen=True)
class Lake:
    """The lake behind a storage account's dfs endpoint.

    `https://ACCT.dfs.core.windows.net/` gives `abfss://CONTAINER@ACCT.dfs.core.windows.net/PATH`,
    `file:///FOLDER/` gives `file:///FOLDER/CONTAINER/PATH`.
    """

    endpoint: str

    def uri(self, container: str, path: str) -> str:
        """The URI of `path` in `container`.

        Raises:
            TransformError: the endpoint is neither https nor file, or there is no such container.
        """
        if container not in CONTAINERS:
            raise TransformError(
                f"The lake has no container {container}", f"containers: {', '.join(CONTAINERS)}"
            )
        parts, path = urlsplit(self.endpoint), path.strip("/")
        if parts.scheme == "https" and parts.netloc:
            return f"abfss://{container}@{parts.netloc}/{path}"
        if parts.scheme == "file" and parts.path.startswith("/") and not parts.netloc:
            # Hadoop takes a path as it is on disk: a blank that a URI wrote as %20 is a blank again.
            return f"file://{unquote(parts.path).rstrip('/')}/{container}/{path}"
        raise TransformError(
            f"The lake's endpoint is not usable: {self.endpoint!r}",
            "https://ACCOUNT.dfs.core.windows.net/ or file:///FOLDER/ is expected",
        )
