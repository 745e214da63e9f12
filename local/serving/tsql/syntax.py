"""The T-SQL dialect: sqlglot's, cut down to T-SQL's own words and with OPENROWSET added.

sqlglot reads the union of all dialects and falls back to Command nodes for what it does not know. Here the
keywords are T-SQL's alone, every function stays as it was written, types are read by this module, and text
that is left over is an error.
"""

import re
from typing import ClassVar

from sqlglot import exp
from sqlglot.dialects.tsql import TSQL
from sqlglot.errors import ErrorLevel, ParseError, TokenError
from sqlglot.tokens import Token, TokenType

from local.serving.tsql import types
from local.serving.tsql.errors import Refused, lacking, untranslated

_WORDS = (
    "ALL", "AND", "ANY", "AS", "ASC", "BETWEEN", "BY", "CASE", "CROSS", "DESC", "DISTINCT", "ELSE", "END",
    "ESCAPE", "EXCEPT", "EXISTS", "FETCH", "FOR", "FROM", "FULL", "GROUP_BY", "HAVING", "IN", "INNER",
    "INTERSECT", "INTO", "IS", "JOIN", "LEFT", "LIKE", "NATURAL", "NOT", "NULL", "OFFSET", "ON", "OR",
    "ORDER_BY", "OUTER", "OVER", "PIVOT", "RIGHT", "SELECT", "SOME", "TABLE_SAMPLE", "THEN", "TOP",
    "UNION", "UNPIVOT", "USING", "VALUES", "WHEN", "WHERE", "WITH", "WITHIN_GROUP", "PARTITION_BY",
    "CURRENT_TIMESTAMP", "COLLATE", "OPTION", "ROLLUP", "CUBE", "GROUPING_SETS", "ROW", "ROWS", "RANGE",
    "FIRST", "NEXT", "ONLY", "PERCENT", "APPLY", "TIES", "UNBOUNDED", "PRECEDING", "FOLLOWING",
)  # fmt: skip
_SYMBOLS = ("<>", "!=", ">=", "<=", "::", "||")
# Words that other dialects have and Synapse serverless has not, where a statement could hold them.
_LACKING = {
    "LIMIT": "Write TOP (n), or ORDER BY .. OFFSET n ROWS FETCH NEXT m ROWS ONLY.",
    "QUALIFY": "Filter on the window function in an outer query.",
    "ILIKE": "Write LOWER(x) LIKE pattern.",
    "NATURAL": "Write JOIN .. ON.",
    "USING": "Write JOIN .. ON.",
}
_AFTER_LIST = (TokenType.FROM, TokenType.WHERE, TokenType.R_PAREN, TokenType.SEMICOLON, TokenType.COMMA)
_LACKING_SYMBOLS = {"::": "Write CAST(x AS type).", "||": "Write x + y, or CONCAT(x, y)."}


class OpenRowset(exp.Expression):
    """OPENROWSET(BULK 'path', option = 'value' ..) WITH (column type ..). `columns` is None without WITH."""

    arg_types: ClassVar = {"this": True, "options": False, "columns": False, "alias": False}


class Convert(exp.Expression):
    """CAST, CONVERT and their TRY_ forms: value, `to` (a SqlType), style and whether it is a TRY."""

    arg_types: ClassVar = {"this": True, "to": True, "style": False, "safe": False, "word": True}


class Synapse(TSQL):
    """T-SQL as Synapse serverless reads it, over the statements that Highwater serves."""

    class Tokenizer(TSQL.Tokenizer):
        KEYWORDS: ClassVar = {
            key: value
            for key, value in TSQL.Tokenizer.KEYWORDS.items()
            if key in _SYMBOLS or key.replace(" ", "_") in _WORDS
        }
        COMMANDS: ClassVar = set()

    class Parser(TSQL.Parser):
        FUNCTIONS: ClassVar = {}
        NO_PAREN_FUNCTIONS: ClassVar = {TokenType.CURRENT_TIMESTAMP: exp.CurrentTimestamp}
        NO_PAREN_FUNCTION_PARSERS: ClassVar = {"CASE": lambda self: self._parse_case()}
        FUNCTION_PARSERS: ClassVar = {
            "CAST": lambda self: self._cast(safe=False),
            "TRY_CAST": lambda self: self._cast(safe=True),
            "CONVERT": lambda self: self._convert(safe=False),
            "TRY_CONVERT": lambda self: self._convert(safe=True),
        }
        STATEMENT_PARSERS: ClassVar = {}

        def _cast(self, safe: bool) -> Convert:
            word = "TRY_CAST" if safe else "CAST"
            this = self._parse_disjunction()
            if not self._match(TokenType.ALIAS):
                self.raise_error("Expecting AS")
            return Convert(this=this, to=self.sql_type(30), safe=safe, word=word)

        def _convert(self, safe: bool) -> Convert:
            word = "TRY_CONVERT" if safe else "CONVERT"
            to = self.sql_type(30)
            if not self._match(TokenType.COMMA):
                self.raise_error("Expecting ,")
            this = self._parse_disjunction()
            style = self._parse_disjunction() if self._match(TokenType.COMMA) else None
            return Convert(this=this, to=to, style=style, safe=safe, word=word)

        def sql_type(self, default_length: int) -> types.SqlType:
            """Read `name` or `name(n[, m] | MAX)` at the current token."""
            name = self._curr.text
            self._advance()
            args: list[int] = []
            if self._match(TokenType.L_PAREN):
                while self._curr and not self._match(TokenType.R_PAREN):
                    text = self._curr.text
                    if not text.isdigit() and text.upper() != "MAX":
                        self.raise_error("Expecting a number or MAX")
                    args.append(types.MAX if text.upper() == "MAX" else int(text))
                    self._advance()
                    self._match(TokenType.COMMA)
            return types.named(name, tuple(args), default_length)

        def _parse_table(self, *args, **kwargs):
            if (
                self._curr
                and self._curr.text.upper() == "OPENROWSET"
                and self._next.token_type == TokenType.L_PAREN
            ):
                return self._openrowset()
            return super()._parse_table(*args, **kwargs)

        def _openrowset(self) -> OpenRowset:
            self._advance(2)
            if not self._match_text_seq("BULK"):
                raise Refused("OPENROWSET", "Only OPENROWSET(BULK ..) is there in Synapse serverless.")
            path = self._text()
            options = {}
            while self._match(TokenType.COMMA):
                key = self._curr.text.upper()
                self._advance()
                if not self._match(TokenType.EQ):
                    self.raise_error("Expecting =")
                options[key] = self._text()
            self._match_r_paren()
            columns = self._with_columns() if self._match(TokenType.WITH) else None
            node = OpenRowset(this=path, options=options, columns=columns)
            node.set("alias", self._parse_table_alias())
            return node

        def _text(self) -> str:
            if not self._match_set((TokenType.STRING, TokenType.NATIONAL_STRING)):
                self.raise_error("Expecting a text in quotes")
            return self._prev.text

        def _with_columns(self) -> tuple[tuple[str, types.SqlType], ...]:
            columns = []
            self._match_l_paren()
            while True:
                name = self._curr.text
                self._advance()
                kind = self.sql_type(1)
                if self._match(TokenType.COLLATE):
                    check_collation(self._curr.text)
                    self._advance()
                if self._curr and self._curr.token_type in (TokenType.STRING, TokenType.NUMBER):
                    raise Refused("WITH (column type 'path')", "Delta columns are matched by name alone.")
                columns.append((name, kind))
                if not self._match(TokenType.COMMA):
                    break
            self._match_r_paren()
            return tuple(columns)


COLLATION = "Latin1_General_100_BIN2_UTF8"


def check_collation(name: str) -> None:
    """Other collations compare and sort otherwise than DuckDB does."""
    if name != COLLATION:
        raise Refused(f"COLLATE {name}", f"Only {COLLATION} keeps its meaning on the laptop.")


def tokens(sql: str) -> list[Token]:
    """The tokens of a text, after a look for words that Synapse serverless lacks."""
    try:
        found = Synapse().tokenize(sql)
    except TokenError as error:
        raise Refused(_excerpt(sql), f"It can't be read: {str(error).splitlines()[0]}") from None
    for token, after in zip(found, [*found, None][1:], strict=True):
        word = token.text.upper()
        if token.text in _LACKING_SYMBOLS and token.token_type not in (
            TokenType.STRING,
            TokenType.IDENTIFIER,
        ):
            raise lacking(token.text, _LACKING_SYMBOLS[token.text])
        if token.token_type == TokenType.COMMA and (after is None or after.token_type in _AFTER_LIST):
            raise Refused(f", {after.text if after else ''}".strip(), "Something is missing after the comma.")
        ends = after is None or after.token_type in (
            TokenType.COMMA,
            TokenType.R_PAREN,
            TokenType.DOT,
            TokenType.EQ,
        )
        if word in _LACKING and token.token_type not in (TokenType.STRING, TokenType.IDENTIFIER) and not ends:
            raise lacking(word, _LACKING[word])
    return found


def parse_query(sql: str) -> exp.Expression:
    """One SELECT, as a syntax tree.

    Raises:
        Refused: it is not one statement, not a SELECT, or not T-SQL.
    """
    found = list(tokens(sql))
    while found and found[-1].token_type == TokenType.SEMICOLON:
        found.pop()
    if not found:
        raise Refused("an empty text", "There is no statement.", "Write a SELECT.")
    if any(t.token_type == TokenType.SEMICOLON for t in found):
        raise Refused(";", "One statement at a time is asked for.")
    first = found[0].text.upper()
    if first not in ("SELECT", "WITH", "("):
        raise Refused(first, "Only SELECT is answered here.")
    try:
        trees = Synapse().parser(error_level=ErrorLevel.IMMEDIATE).parse(found, sql)
    except ParseError as error:
        raise Refused(*_explained(error, sql)) from None
    if not isinstance(trees[0], exp.Query):
        raise Refused(first, f"Only SELECT is answered here, and this is {type(trees[0]).__name__}.")
    return trees[0]


_SPELLING = {"into": "SELECT INTO", "options": "OPTION", "for_": "FOR", "pivots": "PIVOT",
             "sample": "TABLESAMPLE", "hints": "table hints", "laterals": "APPLY", "windows": "WINDOW",
             "method": "a join method", "rollup": "GROUP BY ROLLUP", "cube": "GROUP BY CUBE",
             "grouping_sets": "GROUPING SETS"}  # fmt: skip


def only(node: exp.Expression, known: set[str], where: str) -> None:
    """Refuse, by name, whatever a node holds beside what is known."""
    for key, value in node.args.items():
        if value and key not in known:
            raise untranslated(_SPELLING.get(key) or f"{key.upper().rstrip('_')} in {where}")


def written(node: exp.Expression) -> str:
    """The T-SQL of a node, or the kind of node that it is."""
    try:
        return node.sql(dialect="tsql")
    except (ValueError, AttributeError):  # a node of our own inside
        return type(node).__name__.upper()


def _excerpt(sql: str) -> str:
    text = re.sub(r"\s+", " ", sql).strip()
    return text if len(text) <= 60 else text[:57] + ".."


def _explained(error: ParseError, sql: str) -> tuple[str, str]:
    if not error.errors:
        return _excerpt(sql), str(error)
    at = error.errors[0]
    near = _excerpt(f"{at.get('highlight') or ''}{at.get('end_context') or ''}") or _excerpt(sql)
    return near, f"Line {at.get('line')}, column {at.get('col')}: {at.get('description')}"
