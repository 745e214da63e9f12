"""Just enough of KQL to tell which tables and columns a query reads, and to refuse what it doesn't know.

A query is statements with semicolons between; a statement is a source and operators with bars between. What
an operator reads must be there when it runs: columns of the source, or those that an earlier operator made.
Anything outside this subset is an error, so that no query goes unread.
"""

import re
from collections.abc import Mapping

FUNCTIONS = {
    "ago", "now", "bin", "datetime_diff", "todouble", "isnull", "isnotnull", "sum", "count", "arg_max",
    "countif", "max", "min", "avg", "iff", "coalesce",
}  # fmt: skip
_WORDS = {"and", "or", "not", "in", "by", "asc", "desc", "true", "false", "on", "kind", "leftouter", "inner"}
_TOKEN = re.compile(
    r"\s*(?:(?P<text>'(?:[^'\\]|\\.)*')|(?P<number>\d+(?:\.\d+)?(?:e-?\d+)?[smhd]?)|(?P<name>[A-Za-z_]\w*)"
    r"|(?P<sign>==|!=|<=|>=|[-=<>+*/(),|;\[\]:]))"
)


class KqlError(ValueError):
    """A query that reads what nobody writes, or that this reader can't follow."""


def tokens(text: str) -> list[tuple[str, str]]:
    """The query's tokens as (kind, text)."""
    found, at, text = [], 0, text.strip()
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            raise KqlError(f"can't read {text[at : at + 30]!r}")
        found.append((match.lastgroup, match.group(match.lastgroup)))
        at = match.end()
    return found


def _split(stream: list[tuple[str, str]], sign: str) -> list[list[tuple[str, str]]]:
    """Parts between a sign that stands outside every bracket."""
    parts, depth = [[]], 0
    for token in stream:
        depth += {"(": 1, "[": 1, ")": -1, "]": -1}.get(token[1], 0) if token[0] == "sign" else 0
        if token == ("sign", sign) and depth == 0:
            parts.append([])
        else:
            parts[-1].append(token)
    return parts


class Reader:
    """Follows a query over known tables.

    Args:
        tables: column types by name, by table.

    Attributes:
        read: the columns that were read, by table and column.
    """

    def __init__(self, tables: Mapping[str, Mapping[str, str]]):
        self.tables = {name: set(columns) for name, columns in tables.items()}
        self.read: set[str] = set()
        self.lets: dict[str, set[str]] = {}

    def columns(self, query: str) -> list[str]:
        """The names of the query's columns. Raises KqlError."""
        *lets, last = [part for part in _split(tokens(query), ";") if part]
        for stream in lets:
            if [kind for kind, _ in stream[:2]] != ["name", "name"] or stream[0][1] != "let":
                raise KqlError("only let statements may come before the last one")
            self.lets[stream[1][1]] = set(self._tabular(stream[3:]))
        return self._tabular(last)

    def _tabular(self, stream: list[tuple[str, str]]) -> list[str]:
        source, *operators = _split(stream, "|")
        columns = self._source(source)
        for operator in operators:
            columns = self._operator(operator, columns)
        return columns

    def _source(self, stream: list[tuple[str, str]]) -> list[str]:
        name = stream[0][1]
        if name == "datatable":
            shape = stream[2 : stream.index(("sign", ")"))]
            return [part[0][1] for part in _split(shape, ",")]
        if len(stream) != 1:
            raise KqlError(f"can't follow the source {name}")
        if name in self.lets:
            return sorted(self.lets[name])
        if name not in self.tables:
            raise KqlError(f"nothing declares a table {name}")
        self.read.add(name)
        return sorted(self.tables[name])

    def _operator(self, stream: list[tuple[str, str]], columns: list[str]) -> list[str]:
        name, rest = stream[0][1], stream[1:]
        if name == "where":
            self._expression(rest, columns)
            return columns
        if name == "extend":
            return columns + [n for n in self._assigned(rest, columns) if n not in columns]
        if name == "project":
            return self._assigned(rest, columns)
        if name == "summarize":
            *_, keys = _split_word(rest, "by")
            values = _split_word(rest, "by")[0]
            made = self._assigned(keys, columns) + self._aggregated(values, columns)
            return list(dict.fromkeys(made))
        if name == "order":
            self._expression([t for t in rest if t[1] not in ("by", "asc", "desc")], columns)
            return columns
        if name == "join":
            right = rest[rest.index(("sign", "=")) + 2][1]
            keys = rest[rest.index(("name", "on")) + 1 :]
            added = self.lets.get(right)
            if added is None:
                raise KqlError(f"nothing lets {right} be")
            self._expression(keys, columns)
            self._expression(keys, sorted(added))
            return columns + sorted(added - set(columns))
        raise KqlError(f"can't follow the operator {name}")

    def _assigned(self, stream: list[tuple[str, str]], columns: list[str]) -> list[str]:
        made: list[str] = []
        for part in _split(stream, ","):
            if len(part) > 1 and part[1] == ("sign", "="):
                self._expression(part[2:], [*columns, *made])
            elif len(part) == 1:
                self._expression(part, columns)
            else:
                raise KqlError(f"a column without a name: {' '.join(t for _, t in part)}")
            made.append(part[0][1])
        return made

    def _aggregated(self, stream: list[tuple[str, str]], columns: list[str]) -> list[str]:
        made: list[str] = []
        for part in _split(stream, ","):
            if part[0][1] == "arg_max":
                arguments = _split(part[2:-1], ",")
                if arguments[-1] == [("sign", "*")]:
                    arguments, extra = arguments[:-1], columns
                else:
                    extra = []
                for argument in arguments:
                    self._expression(argument, columns)
                made += [a[0][1] for a in arguments] + [c for c in extra if c not in made]
            else:
                made += self._assigned(part, columns)
        return list(dict.fromkeys(made))

    def _expression(self, stream: list[tuple[str, str]], columns: list[str]) -> None:
        for i, (kind, text) in enumerate(stream):
            if kind != "name" or text in _WORDS:
                continue
            called = stream[i + 1 : i + 2] == [("sign", "(")]
            if called and text not in FUNCTIONS:
                raise KqlError(f"an unknown function {text}")
            if not called and text not in columns:
                raise KqlError(f"nothing writes the column {text}; there are {', '.join(sorted(columns))}")


def _split_word(stream: list[tuple[str, str]], word: str) -> list[list[tuple[str, str]]]:
    at = stream.index(("name", word))
    return [stream[:at], stream[at + 1 :]]
