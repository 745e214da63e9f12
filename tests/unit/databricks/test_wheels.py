"""Wheels: unpacked once per content, described by their metadata, refused when damaged or not pure Python."""

import base64
import hashlib
import zipfile
from pathlib import Path

import pytest

from local.databricks import wheels
from local.databricks.wheels import WheelRefused


def make_wheel(
    path: Path, files: dict[str, str], *, pure: bool = True, scripts: str = "", damage: str = ""
) -> Path:
    """A wheel of package `Sample.Job` 1.2; `damage` names a member whose content is not what RECORD says."""
    info = "sample_job-1.2.dist-info"
    members = {
        **files,
        f"{info}/METADATA": "Metadata-Version: 2.3\nName: Sample.Job\nVersion: 1.2\n\nWords.\n",
        f"{info}/WHEEL": f"Wheel-Version: 1.0\nRoot-Is-Purelib: {str(pure).lower()}\nTag: py3-none-any\n",
    }
    if scripts:
        members[f"{info}/entry_points.txt"] = scripts
    record = ""
    for name, body in members.items():
        digest = base64.urlsafe_b64encode(hashlib.sha256(body.encode()).digest()).rstrip(b"=").decode()
        record += f"{name},sha256={digest},{len(body)}\n"
    record += f"{info}/RECORD,,\n"
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w") as archive:
        for name, body in {**members, f"{info}/RECORD": record}.items():
            archive.writestr(name, body + ("!" if name == damage else ""))
    return path


SCRIPTS = "[console_scripts]\nRun-It = sample_job.main:go\nextra = sample_job.more:run [all]\n"


def test_a_wheel_is_unpacked_and_says_what_it_is(tmp_path: Path):
    wheel = make_wheel(tmp_path / "a.whl", {"sample_job/main.py": "x = 1\n"}, scripts=SCRIPTS)
    installed = wheels.install(wheel, tmp_path / "libs")
    assert (installed.name, installed.version) == ("Sample.Job", "1.2")
    assert installed.scripts == {"Run-It": "sample_job.main:go", "extra": "sample_job.more:run [all]"}
    assert (installed.folder / "sample_job" / "main.py").read_text() == "x = 1\n"
    assert installed.folder.parent == tmp_path / "libs"


def test_the_same_content_is_unpacked_once_and_another_beside_it(tmp_path: Path):
    first = wheels.install(make_wheel(tmp_path / "a.whl", {"m.py": "1"}), tmp_path / "libs")
    (first.folder / "mark").touch()
    again = wheels.install(make_wheel(tmp_path / "b.whl", {"m.py": "1"}), tmp_path / "libs")
    other = wheels.install(make_wheel(tmp_path / "a.whl", {"m.py": "2"}), tmp_path / "libs")
    assert again.folder == first.folder
    assert (first.folder / "mark").exists()
    assert other.folder != first.folder
    assert sorted(path.name for path in (tmp_path / "libs").iterdir()) == sorted(
        [first.folder.name, other.folder.name]
    )


def test_what_a_wheel_keeps_in_its_data_folder_goes_to_the_root(tmp_path: Path):
    wheel = make_wheel(tmp_path / "a.whl", {"sample_job-1.2.data/purelib/deep/m.py": "1"})
    assert (wheels.install(wheel, tmp_path / "libs").folder / "deep" / "m.py").read_text() == "1"


@pytest.mark.parametrize(
    ("name", "module", "function"),
    [
        ("Run-It", "sample_job.main", "go"),
        ("extra", "sample_job.more", "run"),
        ("plain", "sample_job", "plain"),
    ],
)
def test_an_entry_point_is_a_script_else_a_function_of_the_package(
    tmp_path: Path, name: str, module: str, function: str
):
    wheel = make_wheel(tmp_path / "a.whl", {"m.py": "1"}, scripts=SCRIPTS)
    assert wheels.entry_point(wheels.install(wheel, tmp_path / "libs"), name) == (module, function)


def test_a_packages_name_is_compared_as_indexes_do(tmp_path: Path):
    installed = wheels.install(make_wheel(tmp_path / "a.whl", {"m.py": "1"}), tmp_path / "libs")
    assert wheels.is_package(installed, "sample_job")
    assert wheels.is_package(installed, "SAMPLE-JOB")
    assert not wheels.is_package(installed, "samplejob")


@pytest.mark.parametrize(
    ("options", "why"),
    [
        ({"damage": "m.py"}, "m.py is damaged"),
        ({"pure": False}, "holds compiled code"),
        ({"files": {"../out.py": "1"}}, r"the path \.\./out\.py leads outside"),
        ({"files": {"/out.py": "1"}}, "the path /out.py leads outside"),
    ],
)
def test_a_bad_wheel_is_refused_and_leaves_nothing(tmp_path: Path, options: dict, why: str):
    wheel = make_wheel(tmp_path / "w" / "a.whl", **{"files": {"m.py": "1"}, **options})
    with pytest.raises(WheelRefused, match=why):
        wheels.install(wheel, tmp_path / "w" / "libs")
    assert list((tmp_path / "w" / "libs").iterdir()) == []
    assert sorted(path.name for path in tmp_path.iterdir()) == ["w"]


def test_a_member_that_record_does_not_name_is_refused(tmp_path: Path):
    wheel = make_wheel(tmp_path / "a.whl", {"m.py": "1"})
    with zipfile.ZipFile(wheel, "a") as archive:
        archive.writestr("slipped_in.py", "1")
    with pytest.raises(WheelRefused, match=r"slipped_in\.py is not in its RECORD"):
        wheels.install(wheel, tmp_path / "libs")


@pytest.mark.parametrize("content", [b"", b"no archive", b"PK\x05\x06" + b"\0" * 18])
def test_what_is_no_wheel_is_refused(tmp_path: Path, content: bytes):
    (tmp_path / "a.whl").write_bytes(content)
    with pytest.raises(WheelRefused, match=r"a\.whl: not a wheel, or damaged"):
        wheels.install(tmp_path / "a.whl", tmp_path / "libs")


def test_a_wheel_that_is_not_there_is_named(tmp_path: Path):
    with pytest.raises(WheelRefused, match=r"none\.whl: No such file or directory"):
        wheels.install(tmp_path / "none.whl", tmp_path / "libs")
