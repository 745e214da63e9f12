"""The T-SQL that is generated from the contracts."""

import pytest

from contracts import load_all
from sql import serving

CONTRACTS = {c.table: c for c in load_all()}


def scripts() -> dict[str, str]:
    return {name: text for c in CONTRACTS.values() for name, text in serving.view_scripts(c)}


def test_one_view_a_gold_table_aggregate_and_restricted_table():
    assert sorted(name for name in scripts() if not name.endswith("_changes")) == [
        "mart.agg_zone_flow_day",
        "mart.agg_zone_hour",
        "mart.dim_date",
        "mart.dim_driver",
        "mart.dim_payment",
        "mart.dim_rate",
        "mart.dim_time",
        "mart.dim_zone",
        "mart.fact_trip",
        "mart.fact_trip_event",
        "mart.kpi_quarter_hour",
        "restricted.dim_driver",
    ]


def test_a_snapshots_view_is_written_out_whole():
    assert (
        scripts()["mart.dim_zone"]
        == """\
CREATE OR ALTER VIEW [mart].[dim_zone] AS
SELECT
    [rows].[zone_id],
    [rows].[borough],
    [rows].[zone_name],
    [rows].[service_zone],
    [rows].[_batch_id] AS [batch_id]
FROM OPENROWSET(
    BULK 'dim_zone',
    DATA_SOURCE = 'gold',
    FORMAT = 'DELTA'
) WITH (
    [zone_id] INT,
    [borough] VARCHAR(128) COLLATE Latin1_General_100_BIN2_UTF8,
    [zone_name] VARCHAR(256) COLLATE Latin1_General_100_BIN2_UTF8,
    [service_zone] VARCHAR(128) COLLATE Latin1_General_100_BIN2_UTF8,
    [_batch_id] BIGINT,
    [_removed] BIT
) AS [rows]
WHERE [rows].[_removed] = 0;
"""
    )


def test_what_changed_since_a_batch_is_served_with_what_is_gone():
    text = scripts()["mart.dim_zone_changes"]
    assert "BULK 'dim_zone'" in text
    assert "[rows].[_batch_id] AS [batch_id],\n    [rows].[_removed] AS [is_removed]\n" in text
    assert "WHERE" not in text
    assert "full_name" not in scripts()["mart.dim_driver_changes"]


def test_sensitive_columns_are_in_the_restricted_view_alone():
    public, secret = scripts()["mart.dim_driver"], scripts()["restricted.dim_driver"]
    assert "full_name" not in public
    assert "[full_name] VARCHAR(320)" in secret
    assert "DATA_SOURCE = 'restricted'" in secret
    view = next(v for v in serving.views(CONTRACTS["driver"]) if v.schema == "restricted")
    assert view.served == ("driver_id", "valid_from", "full_name", "batch_id")


def test_history_is_served_with_its_validity():
    view = next(serving.views(CONTRACTS["driver"]))
    assert view.served[-4:] == ("valid_from", "valid_to", "is_current", "batch_id")
    assert [kind for name, kind, _ in view.columns if name in ("valid_from", "valid_to", "is_current")] == [
        "DATETIME2(6)", "DATETIME2(6)", "BIT",
    ]  # fmt: skip


def test_an_aggregate_serves_its_groups_and_measures_and_filters_nothing():
    text = scripts()["mart.agg_zone_hour"]
    view = list(serving.views(CONTRACTS["trip"]))[1]
    assert view.served == (
        "pickup_zone_id", "pickup_zone_key", "pickup_hour", "local_hour", "local_date", "local_time_key",
        "demand", "trips", "cancellations", "revenue", "distance", "duration_s", "average_speed_mph", "batch_id",
    )  # fmt: skip
    assert "[revenue] DECIMAL(18,2)" in text
    assert "WHERE" not in text


def test_looked_up_and_derived_columns_follow_the_contracts_own():
    view = next(serving.views(CONTRACTS["trip"]))
    own = len(CONTRACTS["trip"].columns)
    assert view.served[own : own + 2] == ("pickup_zone_key", "pickup_zone")
    assert view.served[-4:] == ("duration_s", "speed_mph", "net_amount", "batch_id")
    assert next(serving.views(CONTRACTS["trip_event"])).served[-2:] == ("event_number", "batch_id")


def test_what_stands_still_is_served_by_its_key():
    text = scripts()["mart.dim_time"]
    assert "BULK 'dim_time'" in text
    assert "[time_key] SMALLINT,\n    [hour] SMALLINT," in text
    assert "WHERE" not in text


@pytest.mark.parametrize("text", scripts().values())
def test_no_view_selects_a_star_or_leaves_a_text_without_its_collation(text):
    assert "*" not in text
    assert text.count("VARCHAR(") == text.count("COLLATE Latin1_General_100_BIN2_UTF8")


def test_on_azure_each_data_source_has_a_credential_of_its_own():
    text = serving.database_script("https://acct.dfs.core.windows.net/")
    assert (
        "CREATE EXTERNAL DATA SOURCE [gold] WITH (LOCATION = 'https://acct.dfs.core.windows.net/gold', "
        "CREDENTIAL = [lake_gold]);"
    ) in text
    assert (
        "CREATE EXTERNAL DATA SOURCE [restricted] WITH "
        "(LOCATION = 'https://acct.dfs.core.windows.net/restricted', CREDENTIAL = [lake_restricted]);"
    ) in text
    assert text.count("WITH IDENTITY = 'Managed Identity'") == 2
    assert "PASSWORD" not in text
    assert "SECRET" not in text


def test_on_the_laptop_there_is_no_credential_and_a_quote_in_a_path_is_doubled():
    text = serving.database_script("file:///home/o'neil/lake/acct/")
    assert "CREDENTIAL" not in text
    assert "WITH (LOCATION = 'file:///home/o''neil/lake/acct/restricted')" in text


def test_an_endpoint_that_is_neither_is_refused():
    with pytest.raises(ValueError, match="https:// or file:///"):
        serving.database_script("abfss://gold@acct.dfs.core.windows.net/")


def test_the_database_has_the_collation_that_filters_need():
    assert serving.create_database("shop") == (
        "IF NOT EXISTS (SELECT 1 FROM sys.databases WHERE name = N'shop')\n"
        "    CREATE DATABASE [shop] COLLATE Latin1_General_100_BIN2_UTF8;\n"
    )


def test_what_a_contract_made_can_be_taken_back():
    assert serving.drop_script(CONTRACTS["driver"]) == (
        "DROP VIEW IF EXISTS [mart].[dim_driver];\n"
        "DROP VIEW IF EXISTS [restricted].[dim_driver];\n"
        "DROP VIEW IF EXISTS [mart].[dim_driver_changes];\n"
    )
