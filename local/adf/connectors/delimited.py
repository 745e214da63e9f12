"""Delimited text: its dialect as a dataset declares it, and its files made readable.

https://learn.microsoft.com/azure/data-factory/format-delimited-text
"""

import bz2
import codecs
import csv
import gzip
import zlib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from local.adf.definition.resolve import Data
from local.adf.errors import ActivityError

COMPRESSIONS = ("none", "gzip", "bzip2", "deflate")
ROW_DELIMITERS = ("", "\n", "\r", "\r\n")
CHUNK = 1 << 20
_CODECS = {
    "UTF-7": "utf-7",
    "SHIFT-JIS": "shift_jis",
    "GB2312": "gb2312",
    "EUC-KR": "euc_kr",
    "JOHAB": "johab",
}


@dataclass(frozen=True)
class Layout:
    """How DuckDB is to read one text file: every column as text."""

    names: tuple[str, ...]
    sql: str
    parameters: list
    has_header: bool


def plain(data: Data, file: Path, scratch: Path) -> Path:
    """The file as UTF-8 text without compression: itself, or a copy in `scratch`.

    Raises:
        ActivityError: it is not what the dataset says that it is.
    """
    codec = str(data.properties.get("compressionCodec") or "none").lower()
    encoding = str(data.properties.get("encodingName") or "UTF-8").upper()
    if codec == "none" and encoding in ("UTF-8", "US-ASCII"):
        return file
    try:
        decoder = codecs.getincrementaldecoder(_CODECS.get(encoding, encoding))()
    except LookupError:
        raise ActivityError(f"The encodingName '{encoding}' of '{data.name}' is not supported.") from None
    target = scratch / "text.csv"
    try:
        with target.open("wb") as out:
            for chunk in _unpacked(file, codec):
                out.write(decoder.decode(chunk).lstrip("\ufeff").encode())
            out.write(decoder.decode(b"", final=True).encode())
    except (OSError, EOFError, zlib.error, UnicodeError) as error:
        raise ActivityError(
            f"{file.name} can't be read as {codec} and {encoding}: {error}.", "UserErrorInvalidCompressedData"
        ) from None
    return target


def _unpacked(file: Path, codec: str) -> Iterator[bytes]:
    if codec == "deflate":
        inflate = zlib.decompressobj(wbits=-zlib.MAX_WBITS)
        with file.open("rb") as source:
            while chunk := source.read(CHUNK):
                yield inflate.decompress(chunk)
        yield inflate.flush()
        return
    open_it = {"none": open, "gzip": gzip.open, "bzip2": bz2.open}[codec]
    with open_it(file, "rb") as source:
        while chunk := source.read(CHUNK):
            yield chunk


def layout(data: Data, source: Mapping, file: Path) -> Layout:
    """The columns of a plain text file, and how it is read.

    Raises:
        ActivityError: it has no header where there should be one, or one with two columns of a name.
    """
    given = data.properties
    delimiter = str(given.get("columnDelimiter", ","))
    quote, escape = str(given.get("quoteChar", '"')), str(given.get("escapeChar", "\\"))
    null = str(given.get("nullValue", ""))
    has_header = bool(given.get("firstRowAsHeader", False))
    skipped = int((source.get("formatSettings") or {}).get("skipLineCount") or 0)
    lines, first, newline = _first_row(file, skipped, delimiter, quote, escape)
    if first is None and has_header:
        raise ActivityError(f"{file.name} is empty, and '{data.name}' says that it starts with a header.")
    names = tuple(first or ()) if has_header else tuple(f"Prop_{at}" for at in range(len(first or ())))
    twice = first_double(names)
    if twice is not None:
        raise ActivityError(f"{file.name} has two columns named '{twice}'.", "UserErrorDuplicateColumn")
    columns = ", ".join(f"{_text(name)}: 'VARCHAR'" for name in names)
    sql = (
        "read_csv(?, auto_detect=false, null_padding=true, max_line_size=33554432, buffer_size=33554432, "
        f"parallel={str(not _breaks_in_quotes(file, quote, escape)).lower()}, "
        f"columns={{{columns}}}, header={str(has_header).lower()}, skip={lines}, delim={_text(delimiter)}, "
        f"quote={_text(quote)}, escape={_text(escape if quote else '')}, nullstr={_text(null)}, "
        f"new_line={_text(newline)})"
    )
    if not names:
        return Layout(("empty",), "(select null::varchar as empty where false)", [], has_header)
    return Layout(names, sql, [str(file)], has_header)


def _first_row(
    file: Path, skipped: int, delimiter: str, quote: str, escape: str
) -> tuple[int, list[str] | None, str]:
    """(lines before the first row that counts, that row, how lines end). Empty lines are not counted as skipped."""
    with file.open("rb") as raw:
        head = raw.read(CHUNK)
    newline = "\\r\\n" if b"\r\n" in head else "\\r" if b"\r" in head and b"\n" not in head else "\\n"
    lines = 0
    with file.open(encoding="utf-8-sig", errors="replace", newline="") as stream:
        while skipped:
            line = stream.readline()
            if not line:
                return lines, None, newline
            lines += 1
            skipped -= bool(line.strip("\r\n"))
        rows = csv.reader(
            stream, delimiter=delimiter, quotechar=quote or None,
            quoting=csv.QUOTE_MINIMAL if quote else csv.QUOTE_NONE,
            doublequote=escape == quote, escapechar=None if escape in (quote, "") else escape,
        )  # fmt: skip
        try:
            return lines, next((row for row in rows if row), None), newline
        except csv.Error as error:
            raise ActivityError(
                f"{file.name} is not delimited text: {error}.", "UserErrorInvalidText"
            ) from None


def _breaks_in_quotes(file: Path, quote: str, escape: str) -> bool:
    """Whether a value in quotes goes on in the next line.

    DuckDB then needs another way of reading, which keeps the whole file in memory; so only then.
    """
    if not quote:
        return False
    mark, skipped = quote.encode(), (escape * 2).encode()
    with file.open("rb") as lines:
        for line in lines:
            if mark in line:
                if escape not in ("", quote):
                    line = line.replace(skipped, b"").replace((escape + quote).encode(), b"")
                if line.count(mark) % 2:
                    return True
    return False


def first_double(names: Sequence[str]) -> str | None:
    """The first name that is there twice, None when there is none."""
    seen = Counter(names)
    return next((name for name in names if seen[name] > 1), None)


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"
