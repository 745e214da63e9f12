"""Which Java is taken: real executables that answer as a Java does."""

from pathlib import Path

import pytest

from local.errors import HighwaterError
from local.toolchain import java
from local.toolchain.java import Candidate


def make_java(home: Path, version: str, modules: bool = True) -> Path:
    """A `bin/java` that prints its version to standard error, as java does."""
    executable = home / "bin" / "java"
    executable.parent.mkdir(parents=True)
    refusal = "" if modules else 'case "$*" in *jdk.incubator*) exit 1;; esac\n'
    executable.write_text(f"#!/bin/sh\n{refusal}echo 'openjdk version \"{version}\" 2025-04-15' >&2\n")
    executable.chmod(0o755)
    return home


@pytest.mark.parametrize(
    ("said", "version", "major"),
    [
        ('openjdk version "17.0.15" 2025-04-15', "17.0.15", 17),
        ('openjdk version "21" 2023-09-19', "21", 21),
        ('java version "1.8.0_402"', "1.8.0_402", 8),
        ('NOTE: picked up options\nopenjdk version "25.0.3" 2026-04-21 LTS', "25.0.3", 25),
    ],
)
def test_the_version_is_read_from_what_java_prints(said: str, version: str, major: int):
    assert java.version_of(said) == version
    assert java.major(version) == major


def test_what_is_no_version_is_none():
    assert java.version_of("sh: java: not found") is None
    assert java.major("early-access") is None


def test_candidates_come_in_order_and_each_folder_once(tmp_path: Path):
    given = make_java(tmp_path / "given", "17.0.1")
    on_path = make_java(tmp_path / "path", "17.0.2")
    system = make_java(tmp_path / "jvm" / "java-21", "21.0.1")
    (tmp_path / "jvm" / "default").symlink_to(system)
    cached = make_java(tmp_path / "cache" / "jdk-17", "17.0.3")
    links = tmp_path / "bin"
    links.mkdir()
    (links / "java").symlink_to(on_path / "bin" / "java")
    environ = {"JAVA_HOME": str(given), "PATH": str(links)}
    assert java.candidates(environ, tmp_path / "jvm", tmp_path / "cache") == [
        Candidate(given, "JAVA_HOME"),
        Candidate(on_path, "PATH"),
        Candidate(tmp_path / "jvm" / "default", "system"),
        Candidate(cached, "cache"),
    ]


def test_the_first_that_serves_is_taken_and_the_others_are_named(tmp_path: Path):
    newer = Candidate(make_java(tmp_path / "newer", "25.0.3"), "JAVA_HOME")
    lacking = Candidate(make_java(tmp_path / "lacking", "17.0.9", modules=False), "PATH")
    absent = Candidate(tmp_path / "absent", "system")
    right = Candidate(make_java(tmp_path / "right", "21.0.4"), "system")
    found, refused = java.choose([newer, lacking, absent, right])
    assert found is not None
    assert (found.version, found.path, found.origin) == ("21.0.4", tmp_path / "right", "system")
    assert refused == [
        f"{tmp_path / 'newer'} (JAVA_HOME): version 25.0.3",
        f"{tmp_path / 'lacking'} (PATH): lacks the module jdk.incubator.vector",
        f"{tmp_path / 'absent'} (system): bin/java does not tell its version",
    ]


def test_without_one_the_error_says_what_was_found_and_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    home = make_java(tmp_path / "old", "11.0.2")
    monkeypatch.setattr(java, "SYSTEM_JVMS", tmp_path / "none")
    monkeypatch.setenv("HIGHWATER_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("JAVA_HOME", str(home))
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(HighwaterError) as refusal:
        java.require()
    assert refusal.value.why == f"{home} (JAVA_HOME): version 11.0.2"
    assert "make setup" in refusal.value.next_step
    assert "openjdk-17-jre-headless" in refusal.value.next_step


def test_a_java_in_the_cache_is_found_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(java, "SYSTEM_JVMS", tmp_path / "none")
    monkeypatch.setenv("HIGHWATER_CACHE", str(tmp_path))
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    home = make_java(tmp_path / "java" / "jdk-17.0.11+9-jre", "17.0.11")
    said: list[str] = []
    assert java.ensure(said.append) == home
    assert said == []
