"""Who may read the serving database: the scripts' own texts, and which of them a stack declares."""

import json
import re

import pytest

from contracts import load_all
from sql import serving
from sql.serving.access import Reader, membership, readers, role

TOKEN = "pulumi-python:dynamic/highwater:SqlScript"


def test_each_principal_is_there_once_with_its_schemas():
    found = readers({"mart": ["zoe", "all"], "restricted": ["all", "hr"]})
    assert found == [
        Reader("all", ("mart", "restricted")),
        Reader("hr", ("restricted",)),
        Reader("zoe", ("mart",)),
    ]
    with pytest.raises(KeyError):
        readers({"gold": ["zoe"]})


def test_a_role_reads_its_schema_and_refers_to_its_credential_alone():
    text = serving.roles_script()
    grants = [line for line in text.splitlines() if line.startswith("GRANT")]
    assert grants == [
        "GRANT SELECT ON SCHEMA::[mart] TO [mart_reader];",
        "GRANT REFERENCES ON DATABASE SCOPED CREDENTIAL::[lake_gold] TO [mart_reader];",
        "GRANT ADMINISTER DATABASE BULK OPERATIONS TO [mart_reader];",
        "GRANT SELECT ON SCHEMA::[restricted] TO [restricted_reader];",
        "GRANT REFERENCES ON DATABASE SCOPED CREDENTIAL::[lake_restricted] TO [restricted_reader];",
        "GRANT ADMINISTER DATABASE BULK OPERATIONS TO [restricted_reader];",
    ]
    assert role("mart") == "mart_reader"


def test_the_credentials_that_roles_refer_to_are_made():
    made = serving.database_script("https://acct.dfs.core.windows.net/")
    for line in serving.roles_script().splitlines():
        if "CREDENTIAL::" in line:
            name = line.partition("CREDENTIAL::")[2].partition(" ")[0]
            assert f"CREATE DATABASE SCOPED CREDENTIAL {name} WITH IDENTITY = 'Managed Identity'" in made


def test_a_member_is_taken_out_of_the_roles_that_it_lost():
    assert membership(Reader("data team", ("mart",))) == (
        "IF NOT EXISTS (SELECT 1 FROM sys.database_principals WHERE name = N'data team')\n"
        "    CREATE USER [data team] FROM LOGIN [data team];\n"
        "GO\n"
        "ALTER ROLE [mart_reader] ADD MEMBER [data team];\n"
        "GO\n"
        "IF IS_ROLEMEMBER(N'restricted_reader', N'data team') = 1\n"
        "    ALTER ROLE [restricted_reader] DROP MEMBER [data team];\n"
    )


def test_logins_are_entra_s():
    reader = Reader("data-team", ("mart",))
    assert "CREATE LOGIN [data-team] FROM EXTERNAL PROVIDER;" in serving.login(reader)
    assert "PASSWORD" not in serving.login(reader) + serving.membership(reader)
    assert serving.drop_login(reader).endswith("DROP LOGIN [data-team];\n")
    assert serving.drop_user(reader).endswith("DROP USER [data-team];\n")


@pytest.mark.parametrize("name", ["", "a]b", "o'hara", 'a"b', "a\nGO\nDROP LOGIN x", "a\0"])
def test_a_name_that_could_be_more_than_a_name_is_refused(name: str):
    with pytest.raises(ValueError, match="the name of a reader holds none of"):
        serving.login(Reader(name, ("mart",)))


def test_a_limit_is_a_whole_number_of_terabytes():
    assert serving.data_limit(3) == "EXEC sp_set_data_processed_limit @type = N'daily', @limit_tb = 3;\n"


def test_a_stack_declares_readers_only_where_it_has_some():
    """Logins and grants are Azure's alone: a laptop's settings name nobody, and its database is asked for none."""
    from local.declare import resources, stack_config

    def scripts(config: dict[str, str]) -> dict[str, dict]:
        found = [r for r in resources("local", config) if r["type"] == TOKEN]
        return {r["inputs"]["name"]: r for r in found}

    plain = scripts(stack_config("local"))
    assert not [
        n for n in plain if n.startswith(("login-", "reader-")) or n in ("serving-roles", "serving-limit")
    ]
    given = {
        "driver": "duckdb",
        "readers": ["all"],
        "restricted_readers": ["all", "hr"],
        "daily_terabytes": 1,
    }
    peopled = scripts(stack_config("local") | {"highwater:serving": json.dumps(given)})
    assert sorted(peopled.keys() - plain.keys()) == [
        "login-all", "login-hr", "reader-all", "reader-hr", "serving-limit", "serving-roles",
    ]  # fmt: skip
    assert {n: peopled[n]["inputs"]["database"] for n in ("login-hr", "reader-hr", "serving-limit")} == {
        "login-hr": "master", "reader-hr": "highwater", "serving-limit": "master",
    }  # fmt: skip
    awaited = {urn.rpartition("::")[2] for urn in peopled["reader-hr"]["options"]["dependsOn"]}
    assert {"login-hr", "serving-roles"} <= awaited
    assert "DROP USER [hr]" in peopled["reader-hr"]["inputs"]["undo"]


def test_no_role_can_reach_a_folder_with_restricted_columns_but_its_own():
    """Whoever refers to a credential may OPENROWSET all of its container: so what each role could read, by scripts."""
    lake = "https://acct.dfs.core.windows.net/"
    sources = re.findall(
        r"CREATE EXTERNAL DATA SOURCE \[(\w+)\] WITH \(LOCATION = '([^']+)', CREDENTIAL = \[(\w+)\]\)",
        serving.database_script(lake),
    )
    grants = re.findall(
        r"GRANT REFERENCES ON \w+ SCOPED CREDENTIAL::\[(\w+)\] TO \[(\w+)\]", serving.roles_script()
    )
    views = [v for contract in load_all() for v in serving.views(contract)]
    folders: dict[str, set[str]] = {}
    for credential, to in grants:
        for name, location, own in sources:
            if own == credential:
                read = {v.folder for v in views if f"DATA_SOURCE = '{name}'" in v.script()}
                folders.setdefault(to, set()).update(f"{location}/{folder}" for folder in read)
    held = {c.gold.table for c in load_all() if c.sensitive}
    assert folders["restricted_reader"] == {f"{lake}restricted/{table}" for table in held}
    assert folders["mart_reader"] == {f"{lake}gold/{v.folder}" for v in views if v.schema == "mart"}
    sensitive = {(c.gold.table, name) for c in load_all() for name in c.sensitive}
    in_gold = {(v.folder, name) for v in views if v.schema == "mart" for name, _, _ in v.columns}
    assert sensitive & in_gold == set() and sensitive != set()
