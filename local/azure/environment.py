"""The environment of the engine: the user's, without anything that points to Azure or to another Pulumi.

Someone who is signed in to Azure can run the local stack and nothing goes out: the engine, its providers and
the program that runs in this process see none of the variables by which a client would find an account.
"""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

_AZURE = ("ARM_", "AZURE_", "AZUREAD_", "DATABRICKS_", "MSI_", "IDENTITY_", "ACTIONS_ID_TOKEN_")
_PULUMI = ("PULUMI_",)


def without_accounts(environ: Mapping[str, str]) -> dict[str, str]:
    """The environment without variables of Azure, Databricks and Pulumi."""
    return {key: value for key, value in environ.items() if not key.upper().startswith(_AZURE + _PULUMI)}


@contextmanager
def engine_environment(ours: Mapping[str, str]) -> Iterator[None]:
    """This process's environment without accounts and with `ours`, put back at the end.

    The process's own environment, because the program runs in it and SDKs read their defaults from there
    (`ARM_CLIENT_ID`), and because the Automation API hands it on to the engine whole.
    """
    before = dict(os.environ)
    try:
        _set(without_accounts(before) | dict(ours))
        yield
    finally:
        _set(before)


def _set(wanted: Mapping[str, str]) -> None:
    for key in set(os.environ) - set(wanted):
        del os.environ[key]
    os.environ.update(wanted)
