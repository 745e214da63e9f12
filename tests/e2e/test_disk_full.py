"""No space left where silver or gold lies: the table fails with that reason, and nothing is lost once there is space.

The folder is a disk of its own, small and full, so that it is the real writer that finds no space. Making one takes the
right to mount, which an administrator has.
"""

import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from looks import assert_groups_are_right
from test_faults import changed, windows

pytestmark = [pytest.mark.e2e, pytest.mark.reliability, pytest.mark.slow]
MEGABYTES = 64


def may_mount(folder: Path) -> bool:
    """Whether this process may make a disk, tried on an empty folder."""
    if not sys.platform.startswith("linux") or shutil.which("mount") is None:
        return False
    tried = subprocess.run(["mount", "-t", "tmpfs", "none", str(folder)], capture_output=True)
    if tried.returncode == 0:
        subprocess.run(["umount", str(folder)], check=True)
    return tried.returncode == 0


@contextmanager
def full_disk(folder: Path, aside: Path) -> Iterator[Path]:
    """The folder with all that is in it on a disk without space. Gives the file whose removal makes space."""
    shutil.copytree(folder, aside)
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={MEGABYTES}m", "none", str(folder)], check=True)
    try:
        shutil.copytree(aside, folder, dirs_exist_ok=True)
        ballast = folder / "_ballast"  # what begins so is no part of a Delta table
        _fill(ballast)
        yield ballast
    finally:
        shutil.rmtree(aside)
        shutil.copytree(folder, aside, ignore=shutil.ignore_patterns("_ballast"))
        subprocess.run(["umount", "--lazy", str(folder)], check=True)
        shutil.rmtree(folder)
        shutil.copytree(aside, folder)


def _fill(file: Path) -> None:
    with file.open("wb", buffering=0) as out:
        for size in (1 << 20, 1 << 12):
            try:
                while out.write(b"\0" * size) == size:
                    pass
            except OSError:
                continue


@pytest.mark.parametrize(("container", "table"), [("silver", "trip"), ("gold", "fact_trip")])
def test_no_space_left_for_a_delta_table(path, tmp_path, container, table):
    if not may_mount(tmp_path):
        pytest.skip("a disk of its own takes the right to mount one: run it as root")
    path.ingest()
    changed(path, seed=900 if container == "silver" else 901)
    with full_disk(path.stack.container(container) / table, tmp_path / "aside") as ballast:
        run, tables = path.run()
        assert run.status == "Failed"
        assert "No space left on device" in tables["trip"]["error"]
        assert windows(path) == [("trip", "landed")]
        ballast.unlink()
        path.ingest()
        path.assert_equal()
    assert_groups_are_right(path)
    path.assert_equal()
