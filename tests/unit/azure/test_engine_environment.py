"""The engine's environment has no account in it, and the user's comes back."""

import os

import pytest

from local.azure.environment import engine_environment, without_accounts


def test_accounts_are_left_out_and_the_rest_stays() -> None:
    given = {
        "ARM_CLIENT_ID": "1", "arm_tenant_id": "1", "AZURE_CONFIG_DIR": "1", "DATABRICKS_TOKEN": "1",
        "PULUMI_ACCESS_TOKEN": "1", "PULUMI_CONFIG": "{}", "PULUMI_STACK": "prod", "IDENTITY_ENDPOINT": "1",
        "MSI_ENDPOINT": "1", "ACTIONS_ID_TOKEN_REQUEST_TOKEN": "1",
        "PATH": "/bin", "HOME": "/home/me", "https_proxy": "p", "HARMLESS": "kept", "ARMOUR": "kept",
    }  # fmt: skip
    assert without_accounts(given) == {
        "PATH": "/bin", "HOME": "/home/me", "https_proxy": "p", "HARMLESS": "kept", "ARMOUR": "kept",
    }  # fmt: skip


def test_the_environment_is_put_back_after_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ARM_CLIENT_ID", "mine")
    monkeypatch.delenv("PULUMI_HOME", raising=False)
    before = dict(os.environ)
    with pytest.raises(ZeroDivisionError), engine_environment({"PULUMI_HOME": "/state", "PATH": "/engine"}):
        assert "ARM_CLIENT_ID" not in os.environ
        assert (os.environ["PULUMI_HOME"], os.environ["PATH"]) == ("/state", "/engine")
        os.environ["LEFT"] = "behind"
        raise ZeroDivisionError
    assert dict(os.environ) == before
