"""Values that have no place in the lake, on a real PostgreSQL and through the Copy: none stops its window."""

import json
import os
from pathlib import Path

import duckdb
import psycopg
import pytest

from contracts import Contract
from local.adf.connectors.engine import engine
from local.adf.connectors.extract import extract as guarded
from sql.extract import extract

pytestmark = pytest.mark.postgres

COLUMNS = {
    "id": ("bigint", "bigint"), "small": ("smallint", "bigint"), "whole": ("integer", "numeric"),
    "money": ("decimal(10,2)", "numeric"), "ratio": ("double", "double precision"), "on": ("date", "date"),
    "at": ("timestamp", "timestamptz"), "wall": ("localtime", "timestamp"), "word": ("text", "text"),
    "short": ("varchar(4)", "text"), "doc": ("json", "jsonb"), "code": ("uuid", "uuid"), "flag": ("boolean", "boolean"),
}  # fmt: skip
FINE = {
    "small": "32767", "whole": "-2147483648", "money": "-99999999.99", "ratio": "1e308", "on": "9999-12-31",
    "at": "0001-01-01 00:00:00+00", "wall": "9999-12-31 23:59:59.999999", "word": "tab\t line\n é \U0001f600",
    "short": "éééé", "doc": '{"a": "\\u0001"}', "code": "00000000-0000-0000-0000-000000000001", "flag": "true",
}  # fmt: skip
TABLE = "create table odd (" + ", ".join(f'"{n}" {kind}' for n, (_, kind) in COLUMNS.items()) + ")"
TEXTS = "select " + ", ".join(f'"{n}"::text' for n in COLUMNS) + " from odd order by odd.id"
BAD = [
    ("small", "32768"), ("whole", "2147483648"), ("whole", "1e300"), ("money", "NaN"), ("money", "Infinity"),
    ("money", "-Infinity"), ("money", "100000000"), ("money", "0.005"), ("money", "1e100"), ("ratio", "NaN"),
    ("ratio", "-Infinity"), ("on", "infinity"), ("on", "-infinity"), ("on", "0044-03-15 BC"), ("on", "10000-01-01"),
    ("at", "infinity"), ("at", "4000-01-01 00:00:00+00 BC"), ("at", "200000-01-01 00:00:00+00"),
    ("wall", "-infinity"), ("wall", "0001-12-31 23:59:59.999999 BC"), ("wall", "10000-01-01 00:00:00"),
    ("word", "a\x01b"), ("word", "bell\x07"), ("word", "del\x7f"), ("word", "x" * 1_048_576), ("short", "fiver"),
    ("short", "\x1b[0m"), ("doc", json.dumps("y" * 1_000_000)),
]  # fmt: skip


@pytest.fixture(scope="module")
def odd() -> Contract:
    return Contract.model_validate({
        "table": "odd", "description": "", "owner": "tests", "source": {"schema": "public", "table": "odd"},
        "columns": [{"name": n, "type": t, "nullable": n != "id"} for n, (t, _) in COLUMNS.items()],
        "primary_key": ["id"], "mode": "append", "cursor": {"column": "id", "kind": "integer"},
        "freshness": 60, "gold": {"table": "fact_odd", "role": "fact"},
    })  # fmt: skip


def copied(conninfo: str, contract: Contract, tmp_path) -> list[dict]:
    """The window as the Copy writes it, read back by another reader than wrote it."""
    with psycopg.connect(conninfo, autocommit=True) as db:
        db.execute("set client_encoding = 'UTF8'")
        query = db.execute("select format(%s, 0, 1000000)", [extract(contract)]).fetchone()[0]
        asked = guarded(db, query).query
    file = tmp_path / "odd.parquet"
    with engine(conninfo) as database:
        text = "select * from postgres_query('source', ?)"
        database.execute(f"copy ({text}) to '{file}' (format parquet)", [asked])
    with duckdb.connect() as db:
        cast = ", ".join(f'"{n}"::varchar as "{n}"' for n in (*COLUMNS, "_poison"))
        found = db.execute(f"select {cast} from '{file}' order by id::bigint").fetchall()
        return [dict(zip((*COLUMNS, "_poison"), row, strict=True)) for row in found]


def reported(kind: str, count: int) -> None:
    """Tell `make reliability` how much was tried."""
    target = os.environ.get("HIGHWATER_RELIABILITY_REPORT")
    if target:
        with Path(target).open("a", encoding="utf-8") as report:
            report.write(json.dumps({"kind": kind, "count": count, "lost": 0, "doubled": 0}) + "\n")


@pytest.mark.counted
def test_every_bad_value_lands_as_null_with_what_the_source_holds(database, odd, tmp_path):
    with psycopg.connect(database.conninfo(), autocommit=True) as db:
        db.execute(TABLE)
        rows = [FINE, {}, *({**FINE, column: value} for column, value in BAD)]
        marks = ", ".join(f"%s::{kind}" for _, kind in COLUMNS.values())
        for number, row in enumerate(rows):
            db.execute(
                f"insert into odd values ({marks})", [number, *(row.get(n) for n in COLUMNS if n != "id")]
            )
        said = db.execute(TEXTS).fetchall()
    fine, nulls, *bad = copied(database.conninfo(), odd, tmp_path)
    assert fine["_poison"] is None and nulls["_poison"] is None
    assert (fine["money"], fine["on"], fine["word"]) == ("-99999999.99", "9999-12-31", FINE["word"])
    assert {fine[n] is None for n in COLUMNS} == {False}
    assert {nulls[n] for n in COLUMNS if n != "id"} == {None}
    assert len(bad) == len(BAD)
    for number, ((column, _), row) in enumerate(zip(BAD, bad, strict=True), start=2):
        held = dict(zip(COLUMNS, said[number], strict=True))[column]
        assert json.loads(row["_poison"]) == {column: held}
        assert {n for n in COLUMNS if row[n] is None} == {column}
        assert all(row[n] == fine[n] for n in COLUMNS if n not in ("id", column))
    reported("bad_input", len(BAD))


BYTES = [b"\xff", b"\xc0\xaf", b"\xe2\x82", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"caf\xe9", b"\x80"]


@pytest.mark.counted
def test_bytes_that_are_no_utf8_land_as_their_hex_digits(postgres_server, odd, tmp_path):
    """A database of encoding SQL_ASCII takes any bytes."""
    with psycopg.connect(postgres_server.conninfo("postgres"), autocommit=True) as db:
        db.execute("create database bytes encoding 'SQL_ASCII' template template0 locale 'C'")
    conninfo = postgres_server.conninfo("bytes")
    try:
        good = ["é", "\u07ff", "\uffff", "\U0010ffff", ""]
        with psycopg.connect(conninfo, autocommit=True) as db:
            db.execute(TABLE)
            for number, value in enumerate([*BYTES, *(g.encode() for g in good)]):
                db.execute(
                    "insert into odd (id, word) values (%s, convert_from(%s, 'SQL_ASCII'))", [number, value]
                )
        found = copied(conninfo, odd, tmp_path)
        assert [json.loads(r["_poison"]) for r in found[: len(BYTES)]] == [
            {"word": f"\\x{b.hex()}"} for b in BYTES
        ]
        assert [(r["word"], r["_poison"]) for r in found[len(BYTES) :]] == [(g, None) for g in good]
    finally:
        with psycopg.connect(postgres_server.conninfo("postgres"), autocommit=True) as db:
            db.execute("drop database bytes with (force)")
    reported("bad_input", len(BYTES))
