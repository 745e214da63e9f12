"""Copy from delimited text, and what a mapping makes of its columns.

https://learn.microsoft.com/azure/data-factory/format-delimited-text
"""

import bz2
import datetime as dt
import gzip
import zlib
from decimal import Decimal

import pyarrow.parquet as pq
import pytest
from lakelab import LakeLab, dataset

OUT = dataset("Parquet", "out", "all.parquet")


@pytest.fixture
def lab(tmp_path) -> LakeLab:
    return LakeLab(tmp_path)


def rows(lab: LakeLab, path: str = "out/all.parquet") -> list[dict]:
    return pq.read_table(lab.box / path).to_pylist()


class TestDelimitedText:
    __doc__ = "https://learn.microsoft.com/azure/data-factory/format-delimited-text"

    def copied(
        self, lab: LakeLab, text: str | bytes, source: dict | None = None, more: dict | None = None, **given
    ):
        lab.put("in/a.csv", text)
        origin = dataset("DelimitedText", "in", "a.csv", **{"firstRowAsHeader": True, **given})
        ended = lab.copy(origin, OUT, source, **(more or {}))
        assert ended.error is None, ended.error
        return rows(lab)

    def test_every_column_is_a_string(self, lab):
        assert self.copied(lab, "id,at\n1,2024-01-01\n007,x\n") == [
            {"id": "1", "at": "2024-01-01"},
            {"id": "007", "at": "x"},
        ]

    def test_an_empty_value_is_null_by_default(self, lab):
        assert self.copied(lab, "a,b\n,x\n1\n") == [{"a": None, "b": "x"}, {"a": "1", "b": None}]

    def test_null_value(self, lab):
        assert self.copied(lab, "a,b\nNA,\n", nullValue="NA") == [{"a": None, "b": ""}]

    def test_quotes_and_the_backslash_that_escapes_by_default(self, lab):
        assert self.copied(lab, 'a,b\n"x, \\"y\\"","two\nlines"\nC:\\t,1\n') == [
            {"a": 'x, "y"', "b": "two\nlines"},
            {"a": "C:\\t", "b": "1"},
        ]

    def test_delimiter_quote_and_escape_are_the_dataset_s(self, lab):
        assert self.copied(
            lab, "a|b\r\n'it''s'|'|'\r\n", columnDelimiter="|", quoteChar="'", escapeChar="'"
        ) == [{"a": "it's", "b": "|"}]

    @pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
    def test_rows_end_in_any_of_the_default_ways(self, lab, newline):
        assert self.copied(lab, newline.join(["a,b", "1,2", "3,4", ""])) == [
            {"a": "1", "b": "2"},
            {"a": "3", "b": "4"},
        ]

    @pytest.mark.parametrize("encoding", ["UTF-8", "UTF-16", "UTF-16BE", "ISO-8859-1", "WINDOWS-1252"])
    def test_encodings(self, lab, encoding):
        assert self.copied(lab, "a\nGröße\n".encode(encoding), encodingName=encoding) == [{"a": "Größe"}]

    @pytest.mark.parametrize(
        ("codec", "pack"),
        [
            ("gzip", gzip.compress),
            ("bzip2", bz2.compress),
            ("deflate", lambda data: zlib.compress(data, wbits=-15)),
        ],
    )
    def test_compression(self, lab, codec, pack):
        assert self.copied(lab, pack(b"a,b\n1,2\n"), compressionCodec=codec) == [{"a": "1", "b": "2"}]

    def test_lines_are_skipped_before_the_header_empty_ones_not_counted(self, lab):
        source = {"formatSettings": {"type": "DelimitedTextReadSettings", "skipLineCount": 2}}
        assert self.copied(lab, "note\n\nmore\na,b\n1,2\n", source) == [{"a": "1", "b": "2"}]

    def test_more_columns_than_the_header_fail_with_the_line(self, lab):
        """https://learn.microsoft.com/azure/data-factory/connector-troubleshoot-delimited-text"""
        lab.put("in/a.csv", "a,b\n1,2\n1,2,3\n")
        error = lab.copy(dataset("DelimitedText", "in", "a.csv", firstRowAsHeader=True), OUT).error
        assert error["errorCode"] == "DelimitedTextMoreColumnsThanDefined"
        assert "Line: 3" in error["message"] and "Expected Number of Columns: 2 Found: 3" in error["message"]

    def test_without_a_header_a_mapping_by_ordinal_is_needed(self, lab):
        """https://learn.microsoft.com/azure/data-factory/copy-activity-schema-and-type-mapping#default-mapping"""
        lab.put("in/a.csv", "1,x\n2,y\n")
        origin = dataset("DelimitedText", "in", "a.csv")
        assert lab.copy(origin, OUT).error["errorCode"] == "UserErrorMappingRequired"
        mappings = [
            {"source": {"ordinal": 2}, "sink": {"name": "letter"}},
            {"source": {"ordinal": 1}, "sink": {"name": "id", "type": "Int32"}},
        ]
        ended = lab.copy(origin, OUT, translator={"type": "TabularTranslator", "mappings": mappings})
        assert ended.error is None
        assert rows(lab) == [{"letter": "x", "id": 1}, {"letter": "y", "id": 2}]

    def test_only_a_header_gives_a_file_with_the_columns(self, lab):
        assert self.copied(lab, "a,b\n") == []
        assert pq.read_schema(lab.box / "out/all.parquet").names == ["a", "b"]


class TestMapping:
    __doc__ = "https://learn.microsoft.com/azure/data-factory/copy-activity-schema-and-type-mapping#explicit-mapping"

    def mapped(self, lab: LakeLab, *mappings: dict, **source: object):
        lab.put("in/a.csv", "id,price,day,ok\n1,2.50,2024-02-29,true\n2,,2024-03-01,false\n")
        translator = {"type": "TabularTranslator", "mappings": list(mappings)}
        origin = dataset("DelimitedText", "in", "a.csv", firstRowAsHeader=True)
        return lab.copy(origin, OUT, source, translator=translator)

    def test_columns_are_chosen_named_and_typed(self, lab):
        ended = self.mapped(
            lab,
            {"source": {"name": "day"}, "sink": {"name": "at", "type": "DateTime"}},
            {"source": {"name": "id", "type": "Int64"}, "sink": {"name": "key"}},
            {
                "source": {"name": "price"},
                "sink": {"name": "price", "type": "Decimal", "precision": 9, "scale": 2},
            },
            {"source": {"name": "ok"}, "sink": {"name": "ok", "type": "Boolean"}},
        )
        assert ended.error is None
        assert rows(lab) == [
            {"at": dt.datetime(2024, 2, 29), "key": 1, "price": Decimal("2.50"), "ok": True},
            {"at": dt.datetime(2024, 3, 1), "key": 2, "price": None, "ok": False},
        ]
        schema = pq.read_schema(lab.box / "out/all.parquet")
        assert [str(one.type) for one in schema] == ["timestamp[us]", "int64", "decimal128(9, 2)", "bool"]

    def test_a_value_that_is_not_of_the_type_fails(self, lab):
        error = self.mapped(lab, {"source": {"name": "day"}, "sink": {"name": "n", "type": "Int32"}}).error
        assert error["errorCode"] == "UserErrorInvalidDataValue" and "2024-02-29" in error["message"]

    def test_a_column_that_is_not_there_is_named(self, lab):
        error = self.mapped(lab, {"source": {"name": "gone"}, "sink": {"name": "x"}}).error
        assert error["message"] == "The column 'gone' is not in the source; it has id, price, day, ok."

    def test_additional_columns(self, lab):
        """https://learn.microsoft.com/azure/data-factory/copy-activity-overview#add-additional-columns-during-copy"""
        lab.put("in/2024/a.csv", "id\n1\n")
        added = [
            {"name": "path", "value": "$$FILEPATH"},
            {"name": "again", "value": "$$COLUMN:id"},
            {"name": "run", "value": {"type": "Expression", "value": "@pipeline().Pipeline"}},
            {"name": "fixed", "value": "it's"},
        ]
        origin = dataset("DelimitedText", "in", firstRowAsHeader=True)
        ended = lab.copy(origin, OUT, {"storeSettings": {"recursive": True}, "additionalColumns": added})
        assert ended.error is None
        assert rows(lab) == [{"id": "1", "path": "2024/a.csv", "again": "1", "run": "main", "fixed": "it's"}]
