"""A stack's name, parsed once."""

import re
from dataclasses import dataclass

from infra.errors import InfraError

ENVIRONMENTS = ("local", "dev", "staging", "prod")
_PULL_REQUEST = re.compile(r"pr-([1-9]\d{0,5})")


@dataclass(frozen=True)
class StackName:
    """Which environment a stack is, and whether it lives only as long as a pull request.

    Attributes:
        name: the stack's own name, as `dev` or `pr-7`.
        environment: the environment whose settings it uses; `dev` for a pull request.
        ephemeral: it is torn down when its pull request closes.
    """

    name: str
    environment: str
    ephemeral: bool = False

    @classmethod
    def parse(cls, name: str) -> "StackName":
        """Read `local`, `dev`, `staging`, `prod` or `pr-N`.

        Raises:
            InfraError: any other name.
        """
        if name in ENVIRONMENTS:
            return cls(name, name)
        if _PULL_REQUEST.fullmatch(name):
            return cls(name, "dev", ephemeral=True)
        raise InfraError(
            f"There is no stack called {name!r}.",
            f"A stack is one of {', '.join(ENVIRONMENTS)}, or pr-N for pull request N (1 to 999999).",
            "Select one of those with --stack.",
        )
