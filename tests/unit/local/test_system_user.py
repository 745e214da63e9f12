"""The user that root runs servers as, when several processes want it at once."""

import pwd
from pathlib import Path

import pytest

from local import postgres, system_user
from local.errors import HighwaterError
from local.postgres import PostgresServer


@pytest.fixture
def useradd(tmp_path, monkeypatch):
    """A `useradd` that fails with this text, until it was called `times`; a user is there after a call that worked."""

    def fails(text: str, times: int) -> Path:
        calls = tmp_path / "calls"
        program = tmp_path / "useradd"
        program.write_text(
            f'#!/bin/sh\necho call >> {calls}\n[ "$(wc -l < {calls})" -gt {times} ] && exit 0\n'
            f'echo "{text}" >&2\nexit 1\n'
        )
        program.chmod(0o755)
        monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
        real = pwd.getpwnam

        def there(name: str) -> pwd.struct_passwd:
            if not calls.exists() or len(calls.read_text().split()) <= times:
                raise KeyError(name)
            return real("root")

        monkeypatch.setattr(pwd, "getpwnam", there)
        return calls

    return fails


def test_a_users_file_that_another_process_holds_is_waited_for(useradd):
    calls = useradd("useradd: cannot lock /etc/passwd; try again later.", 2)
    assert system_user.system_user().pw_uid == 0
    assert calls.read_text().split() == ["call"] * 3


def test_another_refusal_is_told_at_once(useradd):
    calls = useradd("useradd: Permission denied.", 9)
    with pytest.raises(HighwaterError, match="Permission denied"):
        system_user.system_user()
    assert calls.read_text().split() == ["call"]


def test_a_server_that_goes_away_while_others_are_swept_is_nobody_s_error(tmp_path, monkeypatch):
    """Two test runs at once: one destroys its server between another's listing and reading of the markers."""
    home, alive = tmp_path / "home", tmp_path / "alive"
    for name, root in (("gone", tmp_path / "nowhere"), ("here", alive)):
        (home / name).mkdir(parents=True)
        (home / name / "root").write_text(str(root))
    alive.mkdir()
    monkeypatch.setattr(postgres, "SYSTEM_HOME", home)
    read = Path.read_text

    def vanished(path: Path, *given, **named) -> str:
        if path == home / "gone" / "root":
            path.unlink()
        return read(path, *given, **named)

    monkeypatch.setattr(Path, "read_text", vanished)
    PostgresServer(tmp_path / "server")._sweep()
    assert (home / "here" / "root").exists()
