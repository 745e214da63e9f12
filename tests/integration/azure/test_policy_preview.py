"""`pulumi preview --policy-pack policy` of the program as a file, by the real engine and the real policy SDK."""

import pytest
from recorded_app import App

from policy.rules import RULES

pytest.importorskip("pulumi_policy", reason="the pack's own dependency: policy/requirements.txt")
pytestmark = [pytest.mark.engine, pytest.mark.slow, pytest.mark.timeout(900)]


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> App:
    return App.make(tmp_path_factory.mktemp("preview"))


@pytest.mark.parametrize("stack", ["dev", "prod"])
def test_a_stack_that_keeps_to_the_policies_is_previewed_with_them(app, stack):
    done = app.preview(stack)
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-3000:]
    assert "highwater@v1.0.0" in done.stdout, done.stdout[-3000:]
    assert not any(rule.name in done.stdout for rule in RULES), done.stdout[-6000:]


def test_a_program_that_lets_storage_take_keys_is_refused_by_the_preview(app):
    done = app.preview("dev", "--with-shared-keys")
    assert done.returncode != 0
    told = done.stdout + done.stderr
    assert "[mandatory]" in told and "no-shared-keys" in told, told[-6000:]
