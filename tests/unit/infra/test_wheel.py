"""The wheel: equal sources give equal bytes, wherever and whenever it is built."""

import os
import shutil
import zipfile
from pathlib import Path

from infra.wheel import TRANSFORMS, build


def copied(to: Path) -> Path:
    shutil.copytree(TRANSFORMS, to, ignore=shutil.ignore_patterns("__pycache__"))
    for path in to.rglob("*"):
        os.utime(path, (1_000_000_000, 1_000_000_000))
    return to


def test_two_builds_of_the_same_sources_have_the_same_bytes(tmp_path: Path):
    first = build(cache=tmp_path / "one")
    second = build(copied(tmp_path / "elsewhere"), cache=tmp_path / "two")
    assert first.path.read_bytes() == second.path.read_bytes()
    assert first.digest == second.digest
    assert len(first.digest) == 64


def test_a_built_wheel_is_taken_from_the_cache(tmp_path: Path):
    first = build(cache=tmp_path)
    before = first.path.stat().st_mtime_ns
    assert build(cache=tmp_path) == first
    assert first.path.stat().st_mtime_ns == before
    assert [folder.name for folder in tmp_path.iterdir()] == [first.path.parent.name]


def test_a_changed_source_gives_another_digest(tmp_path: Path):
    root = copied(tmp_path / "changed")
    before = build(root, cache=tmp_path / "cache")
    (root / "highwater_transforms" / "one_more.py").write_text("ANSWER = 42\n")
    after = build(root, cache=tmp_path / "cache")
    assert after.digest != before.digest
    assert "highwater_transforms/one_more.py" in zipfile.ZipFile(after.path).namelist()


def test_what_python_leaves_behind_is_no_source(tmp_path: Path):
    root = copied(tmp_path / "root")
    before = build(root, cache=tmp_path / "cache")
    (root / "highwater_transforms" / "__pycache__").mkdir()
    (root / "highwater_transforms" / "__pycache__" / "x.cpython-311.pyc").write_bytes(b"x")
    assert build(root, cache=tmp_path / "cache") == before


def test_the_wheel_has_the_entry_point_that_the_job_names(tmp_path: Path):
    from infra.merge_job import ENTRY_POINT, PACKAGE

    with zipfile.ZipFile(build(cache=tmp_path).path) as wheel:
        (points,) = [name for name in wheel.namelist() if name.endswith("entry_points.txt")]
        (metadata,) = [name for name in wheel.namelist() if name.endswith("/METADATA")]
        assert f"{ENTRY_POINT} = highwater_transforms.job:main" in wheel.read(points).decode()
        assert f"Name: {PACKAGE}" in wheel.read(metadata).decode().splitlines()
        assert "Requires-Dist" not in wheel.read(metadata).decode()
