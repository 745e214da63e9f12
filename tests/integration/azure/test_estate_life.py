"""The real engine with the local providers: from a preview to a destroy that leaves nothing."""

import json
import subprocess
from pathlib import Path

import psutil
import psycopg
import pytest
from estate_program import PASSWORD, Estate

from local.azure.makers.postgres import server_of
from local.azure.registry import SECRET, Registry
from local.engine import Engine
from local.errors import HighwaterError
from local.state import State

pytestmark = pytest.mark.engine


@pytest.fixture
def estate(tmp_path: Path) -> Estate:
    wheel = tmp_path / "x.whl"
    wheel.write_bytes(b"first")
    return Estate(wheel)


@pytest.fixture
def engine(tmp_path: Path, estate: Estate):
    project = tmp_path / "project"
    project.mkdir()
    (project / "Pulumi.yaml").write_text("name: highwater\nruntime: python\nmain: infra\n")
    (project / "Pulumi.local.yaml").write_text("config:\n  azure-native:location: westeurope\n")
    engine = Engine(State(tmp_path / "state"), estate.program, project)
    yield engine
    assert engine.destroy().problems == ()


def changed(summary) -> dict[str, tuple[str, list[str]]]:
    """name -> (op, changed paths) of all that did not stay the same."""
    return {step.name: (step.op, sorted(step.changes)) for step in summary.steps if step.op != "same"}


def processes_of(state: State, server) -> list[str]:
    """Command lines of running processes that name this state or its server's data."""
    lines = [" ".join(p.info["cmdline"] or []) for p in psutil.process_iter(["cmdline"])]
    return [line for line in lines if str(state.root) in line or str(server.home) in line]


def assert_made(state: State, server) -> None:
    """Every counterpart is there, every record points at it, and no secret is written in the clear."""
    assert sorted(folder.name for folder in (state.lake / "testlake").iterdir()) == ["bronze", "landing"]
    assert (state.databricks / "workspace/Shared/wheels/x.whl").read_bytes() == b"first"
    assert (state.serving / "serve").is_dir()
    with psycopg.connect(server.conninfo("control")) as connection:
        assert connection.execute("select count(*) from t").fetchone() == (0,)
    records = {record.name: record for record in Registry(state).all()}
    assert records["testlake"].outputs["primaryEndpoints"]["dfs"] == f"file://{state.lake}/testlake/"
    assert records["pg"].outputs["fullyQualifiedDomainName"] == str(server.socket_dir)
    assert records["serve"].outputs["connectivityEndpoints"] == {"sqlOnDemand": str(state.serving / "serve")}
    assert records["merge"].inputs["environments"][0]["spec"]["dependencies"] == [
        "/Workspace/Shared/wheels/x.whl"
    ]
    linked = next(r for r in Registry(state).all("azure-native:datafactory:LinkedService"))
    assert linked.inputs["properties"] == {"type": "AzureBlobFS", "url": f"file://{state.lake}/testlake/"}

    found = subprocess.run(["grep", "-rl", PASSWORD, str(state.root)], capture_output=True, text=True)
    assert found.stdout == ""
    assert records["pg"].inputs["administratorLoginPassword"] == SECRET
    (checkpoint,) = state.pulumi_backend.rglob("stacks/**/local.json")
    assert (
        json.loads(checkpoint.read_text())["checkpoint"]["latest"]["secrets_providers"]["type"]
        == "passphrase"
    )
    assert (state.root / "pulumi" / "passphrase").stat().st_mode & 0o077 == 0


@pytest.mark.slow
def test_from_preview_to_destroy(engine: Engine, estate: Estate, tmp_path: Path) -> None:
    state, server = engine.state, server_of(engine.state, "pg")

    planned = engine.preview()
    assert (planned.created, planned.changes, planned.unchanged) == (14, 14, 0)
    assert not state.lake.exists() and not server.data.exists() and Registry(state).all() == []

    stray = state.lake / "testlake" / "landing" / "stray.parquet"  # left by a command that was killed
    stray.parent.mkdir(parents=True)
    stray.write_bytes(b"x")
    made = engine.up()
    assert not stray.exists()
    assert (made.created, made.changes, made.unchanged) == (14, 14, 0)
    assert_made(state, server)
    records = {record.name: record for record in Registry(state).all()}

    again = engine.up()
    assert (again.unchanged, again.changes) == (14, 0)

    estate.query = "select 2"
    assert changed(engine.preview()) == {"ingest": ("update", ["activities[0].value"])}
    assert (
        records["adf"]
        and Registry(state).get(records["ingest"].id).inputs["activities"][0]["value"] == "select 1"
    )
    assert changed(engine.up()) == {"ingest": ("update", ["activities[0].value"])}
    assert Registry(state).get(records["ingest"].id).inputs["activities"][0]["value"] == "select 2"

    estate.wheel.write_bytes(b"second")
    assert changed(engine.up()) == {"wheel": ("update", ["md5"])}
    assert (state.databricks / "workspace/Shared/wheels/x.whl").read_bytes() == b"second"

    estate.database = "control2"
    replaced = engine.up()
    assert changed(replaced)["database"] == ("replace", ["databaseName"])
    assert (replaced.replaced, replaced.updated, replaced.created, replaced.deleted) == (2, 0, 0, 0)
    with psycopg.connect(server.conninfo("postgres")) as connection:
        names = {name for (name,) in connection.execute("select datname from pg_database")}
    assert "control2" in names and "control" not in names

    (state.lake / "testlake" / "bronze" / "kept.parquet").write_bytes(b"x")
    estate.containers = ("landing",)
    assert changed(engine.up()) == {"bronze": ("delete", [])}
    assert not (state.lake / "testlake" / "bronze").exists()

    (state.lake / "testlake" / "landing" / "full.parquet").write_bytes(b"x")
    destroyed = engine.destroy()
    assert (destroyed.deleted, destroyed.problems) == (13, ())
    assert not state.root.exists() and not server.home.exists() and not server.socket_dir.exists()
    assert processes_of(state, server) == []
    assert engine.destroy().changes == 0
    assert sorted(path.name for path in (tmp_path / "project").iterdir()) == [
        "Pulumi.local.yaml",
        "Pulumi.yaml",
    ]
    assert "encryptionsalt" not in (tmp_path / "project" / "Pulumi.local.yaml").read_text()


@pytest.mark.slow
def test_half_an_up_says_which_resource_failed_and_is_destroyed_twice(engine: Engine, estate: Estate) -> None:
    estate.twice = True
    with pytest.raises(HighwaterError) as caught:
        engine.up()
    assert "at BlobContainer" in caught.value.what
    assert "urn:pulumi:local::highwater::azure-native:storage:BlobContainer::" in caught.value.why
    assert "cannot create already existing resource" in caught.value.why
    assert "Traceback" not in str(caught.value) and "File " not in str(caught.value)
    assert engine.state.root.exists()
    server = server_of(engine.state, "pg")
    assert engine.destroy().problems == ()
    assert not engine.state.root.exists() and not server.home.exists()
    assert engine.destroy().changes == 0
    assert processes_of(engine.state, server) == []


@pytest.mark.slow
def test_a_failed_script_names_its_resource_and_the_next_up_goes_on(engine: Engine, estate: Estate) -> None:
    estate.script = "create tabel t (n int)"
    with pytest.raises(HighwaterError, match=r'syntax error at or near "tabel"') as caught:
        engine.up()
    assert "at SqlScript table" in caught.value.what and "Traceback" not in str(caught.value)
    server = server_of(engine.state, "pg")
    server.stop()  # as after a restart of the machine: the next up finds it unchanged and starts it
    estate.script = "create table if not exists t (n int)"
    rest = engine.up()
    assert changed(rest)["table"] == ("create", [])
    assert rest.created + rest.unchanged == 14
    with psycopg.connect(server.conninfo("control")) as connection:
        assert connection.execute("select count(*) from t").fetchone() == (0,)
