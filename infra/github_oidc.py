"""Who a job of GitHub Actions is: assertions of its OpenID Connect endpoint, a new one for each token.

`az login` gets one assertion, which ends after some minutes; a token of another audience that is asked for later
in a deployment is then refused (AADSTS700024, github.com/Azure/login/issues/180). The endpoint itself answers for
as long as the job runs.
"""

import json
import os
import urllib.error
import urllib.parse
import urllib.request
from typing import Any

from infra.errors import InfraError

AUDIENCE = "api://AzureADTokenExchange"
_URL, _BEARER = "ACTIONS_ID_TOKEN_REQUEST_URL", "ACTIONS_ID_TOKEN_REQUEST_TOKEN"


def credential() -> Any | None:
    """The credential of azure-identity for the job that this runs in; None outside of one.

    Raises:
        InfraError: the job may ask for assertions, and whose they are to be is not said.
    """
    if not (os.environ.get(_URL) and os.environ.get(_BEARER)):
        return None
    from azure.identity import ClientAssertionCredential

    return ClientAssertionCredential(_name("TENANT_ID"), _name("CLIENT_ID"), assertion)


def _name(what: str) -> str:
    # ARM_ is what the Pulumi providers read in the same job; AZURE_ is what azure-identity reads elsewhere.
    names = f"AZURE_{what}", f"ARM_{what}"
    found = next((os.environ[name] for name in names if os.environ.get(name)), "")
    if not found:
        raise InfraError(
            "A job of GitHub Actions can't sign in to Azure.",
            f"Neither {' nor '.join(names)} is set.",
            "Set it in the workflow, next to `permissions: id-token: write`.",
        )
    return found


def assertion() -> str:
    """A new assertion of the job's identity, for Entra.

    Raises:
        InfraError: GitHub refused, or gave no answer.
    """
    address = urllib.parse.urlsplit(os.environ[_URL])
    query = urllib.parse.urlencode([*urllib.parse.parse_qsl(address.query), ("audience", AUDIENCE)])
    url = urllib.parse.urlunsplit(address._replace(query=query))
    request = urllib.request.Request(url, headers={"Authorization": f"Bearer {os.environ[_BEARER]}"})
    try:
        with urllib.request.urlopen(request, timeout=30) as response:
            return json.load(response)["value"]
    except (OSError, ValueError, KeyError) as error:
        raise InfraError(
            "GitHub gave no assertion of this job's identity.",
            f"{address.hostname}: {type(error).__name__}: {error}",
            "See that the job has `permissions: id-token: write`, and run it again.",
        ) from None
