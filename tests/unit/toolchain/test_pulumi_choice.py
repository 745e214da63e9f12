"""Which `pulumi` is taken: real executables that answer `pulumi version`."""

from pathlib import Path

import pytest

from local.errors import HighwaterError
from local.toolchain import pulumi_cli, pulumi_install


def make_pulumi(folder: Path, says: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    executable = folder / "pulumi"
    executable.write_text(f'#!/bin/sh\n[ "$1" = version ] && echo "{says}"\n')
    executable.chmod(0o755)
    return executable


def test_the_one_on_path_is_taken_when_it_is_recent_enough(tmp_path: Path):
    on_path = make_pulumi(tmp_path / "bin", "v3.200.0")
    make_pulumi(tmp_path / "cache" / "3.259.0", "v3.259.0")
    found, refused = pulumi_cli.locate({"PATH": str(tmp_path / "bin")}, tmp_path / "cache")
    assert found is not None
    assert (found.path, found.version, found.origin) == (on_path, "3.200.0", "PATH")
    assert refused == []


def test_an_old_one_on_path_gives_way_to_the_newest_in_the_cache(tmp_path: Path):
    old = make_pulumi(tmp_path / "bin", "v3.199.9")
    make_pulumi(tmp_path / "cache" / "3.259.0", "v3.259.0")
    official = make_pulumi(tmp_path / "cache" / "official-3.272.0" / "bin", "3.272.0")
    found, refused = pulumi_cli.locate({"PATH": str(tmp_path / "bin")}, tmp_path / "cache")
    assert found is not None
    assert (found.path, found.version, found.origin) == (official, "3.272.0", "cache")
    assert refused == [f"{old} (PATH): 3.199.9, needed is 3.200.0 or newer"]


def test_one_that_does_not_run_is_not_taken(tmp_path: Path):
    broken = make_pulumi(tmp_path / "bin", "v3.300.0")
    broken.write_text("#!/bin/sh\nexit 1\n")
    found, refused = pulumi_cli.locate({"PATH": str(tmp_path / "bin")}, tmp_path / "cache")
    assert found is None
    assert refused == [f"{broken} (PATH): does not tell its version"]


@pytest.mark.parametrize(
    ("says", "version"),
    [("v3.259.0", (3, 259, 0)), ("3.272.0", (3, 272, 0)), ("v3.210.0-alpha.1759342573", (3, 210, 0))],
)
def test_versions_as_pulumi_prints_them(tmp_path: Path, says: str, version: tuple[int, int, int]):
    assert pulumi_cli.version_of(make_pulumi(tmp_path, says)) == version


def test_a_build_asks_go_for_the_pinned_modules_and_the_version_stamp(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    # A `go` that writes down what it was asked and "compiles" an executable that runs.
    go = tmp_path / "go-bin" / "go"
    go.parent.mkdir()
    go.write_text(
        f"""#!/bin/sh
echo "$GOFLAGS $*" >> {tmp_path}/asked
cat go.mod > {tmp_path}/go.mod 2>/dev/null
if [ "$1" = build ]; then
    mkdir -p "$(dirname "$5")"; printf '#!/bin/sh\\necho v3.259.0\\n' > "$5"; chmod 755 "$5"
fi
"""
    )
    go.chmod(0o755)
    monkeypatch.setenv("PATH", f"{go.parent}:/usr/bin:/bin")
    monkeypatch.delenv("GOFLAGS", raising=False)
    said: list[str] = []
    made = pulumi_install.build(said.append, tmp_path / "cache")
    assert made == tmp_path / "cache" / "3.259.0" / "pulumi"
    assert pulumi_cli.version_of(made) == (3, 259, 0)
    asked = (tmp_path / "asked").read_text().splitlines()
    assert asked[-2].endswith(
        "-mod=mod get github.com/pulumi/pulumi/pkg/v3@v3.259.0 github.com/pulumi/pulumi/sdk/v3@v3.259.0"
    )
    stamp = "-X github.com/pulumi/pulumi/sdk/v3/go/common/version.Version=v3.259.0"
    assert stamp in asked[-1]
    assert (
        "github.com/tgummerer/clipboard v0.0.0-20241001131231-d02d263e614e"
        in (tmp_path / "go.mod").read_text()
    )
    assert [path.name for path in (tmp_path / "cache").iterdir()] == ["3.259.0"]


def test_when_nothing_works_every_way_and_its_end_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    def unreachable(report: object, cache: Path) -> Path:
        raise pulumi_install.CannotInstall("official download: no route to host")

    monkeypatch.setattr(pulumi_install, "download", unreachable)
    monkeypatch.setattr(pulumi_install, "find_go", lambda: None)
    monkeypatch.setenv("HIGHWATER_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(HighwaterError) as refusal:
        pulumi_cli.ensure(lambda line: None)
    assert refusal.value.why.splitlines() == [
        "official download: no route to host",
        "build from source: there is no Go on PATH or in /usr/local/go",
    ]
    assert "make setup" in refusal.value.next_step


def test_a_failed_build_leaves_nothing_in_the_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    go = tmp_path / "bin" / "go"
    go.parent.mkdir()
    go.write_text('#!/bin/sh\n[ "$1" = version ] && exit 0\necho "module not found" >&2; exit 1\n')
    go.chmod(0o755)
    monkeypatch.setenv("PATH", f"{go.parent}:/usr/bin:/bin")
    with pytest.raises(pulumi_install.CannotInstall, match="go get: exit status 1: module not found"):
        pulumi_install.build(lambda line: None, tmp_path / "cache")
    assert list((tmp_path / "cache").iterdir()) == []
