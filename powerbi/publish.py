"""`python -m powerbi.publish`: the semantic model and the report into a Fabric workspace, by fabric-cicd.

Reads from the environment: FABRIC_WORKSPACE_ID, FABRIC_CONNECTION_ID (a connection of the workspace to the serving
endpoint, which the model is bound to), SERVING_ENDPOINT and, unless it is `highwater`, SERVING_DATABASE. Nothing in
the workspace is removed. fabric-cicd points the report at the model that it published.
"""

import argparse
import logging
import os
import sys
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from azure.core.credentials import TokenCredential

from powerbi.errors import DefinitionError
from powerbi.generate import FOLDER
from powerbi.model import DATABASE

# The report is published with its model, which it names by its path.
ITEMS = ["SemanticModel", "Report"]


def settings(given: Mapping[str, str]) -> dict[str, str]:
    """What parameter.yml and the workspace need, by the names of environment variables.

    Raises:
        DefinitionError: one is missing, or is no id; it names each.
    """
    wanted = {
        name: given.get(name, "").strip()
        for name in ("FABRIC_WORKSPACE_ID", "FABRIC_CONNECTION_ID", "SERVING_ENDPOINT")
    }
    wrong = [f"{name} is not set" for name, value in wanted.items() if not value]
    for name in ("FABRIC_WORKSPACE_ID", "FABRIC_CONNECTION_ID"):
        try:
            uuid.UUID(wanted[name] or str(uuid.NAMESPACE_DNS))
        except ValueError:
            wrong.append(f"{name} is no id: {wanted[name]!r}")
    endpoint = wanted["SERVING_ENDPOINT"]
    if endpoint and not endpoint.replace("-", "").replace(".", "").isalnum():
        wrong.append(f"SERVING_ENDPOINT is no host: {endpoint!r}")
    if wrong:
        raise DefinitionError("; ".join(wrong) + ". docs/report.md says where they come from.")
    return wanted | {"SERVING_DATABASE": given.get("SERVING_DATABASE", "").strip() or DATABASE}


def publish(
    environment: str, given: Mapping[str, str], credential: TokenCredential, folder: Path = FOLDER
) -> None:
    """Publish model and report to the workspace of an environment.

    Raises:
        DefinitionError: a setting is missing, or the model was not bound to its connection.
        Exception: what fabric-cicd raises when the service refuses an item.
    """
    # here: it is needed for nothing else, and loads for a second
    from fabric_cicd import FabricWorkspace, FeatureFlag, append_feature_flag, publish_all_items

    found = settings(given)
    os.environ.update(found)  # parameter.yml names them as $ENV:
    append_feature_flag(FeatureFlag.ENABLE_ENVIRONMENT_VARIABLE_REPLACEMENT.value)
    workspace = FabricWorkspace(
        workspace_id=found["FABRIC_WORKSPACE_ID"],
        environment=environment,
        repository_directory=str(folder),
        item_type_in_scope=ITEMS,
        token_credential=credential,
    )
    with _warnings_of(found["FABRIC_CONNECTION_ID"]) as warnings:
        publish_all_items(workspace)
    if warnings:
        raise DefinitionError(f"The model is there, but not bound to its connection: {'; '.join(warnings)}")


@contextmanager
def _warnings_of(connection: str) -> Iterator[list[str]]:
    """What fabric-cicd warns of a connection: it says no more when a model could not be bound."""
    found: list[str] = []

    class Kept(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            if connection in record.getMessage():
                found.append(record.getMessage())

    handler, logger = Kept(logging.WARNING), logging.getLogger("fabric_cicd")
    logger.addHandler(handler)
    try:
        yield found
    finally:
        logger.removeHandler(handler)


def main() -> int:
    from azure.identity import AzureCliCredential

    parser = argparse.ArgumentParser(prog="python -m powerbi.publish", description=__doc__)
    parser.add_argument("environment", help="dev, staging or prod")
    try:
        publish(parser.parse_args().environment, os.environ, AzureCliCredential())
    except DefinitionError as error:
        print(f"Can't publish the report: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
