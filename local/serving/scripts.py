"""Reading a T-SQL script: batches at lines that say GO, and in them the statements that the laptop knows.

A statement that is not named here is refused: a script that is half understood would leave the laptop with
other objects than Azure.
"""

from collections.abc import Iterator

from sqlglot.errors import TokenError
from sqlglot.tokens import Token, TokenType

from local.serving.statements import (
    Conditional,
    CreateCredential,
    CreateDatabase,
    CreateDataSource,
    CreateMasterKey,
    CreateSchema,
    CreateView,
    DropDataSource,
    DropView,
    Statement,
)
from local.serving.tsql.errors import Refused, untranslated
from local.serving.tsql.syntax import COLLATION, Synapse


def read(script: str) -> list[tuple[Statement, str]]:
    """Every statement of a script with its own text.

    Raises:
        Refused: a statement that the laptop does not know, or that is not T-SQL.
    """
    try:
        tokens = Synapse().tokenize(script)
    except TokenError as error:
        raise Refused("the script", str(error).splitlines()[0]) from None
    found = []
    for batch in _batches(tokens):
        reader = _Reader(script, batch)
        while not reader.ended:
            start = reader.at
            statement = reader.statement()
            if isinstance(statement, CreateView) and start != 0:
                raise Refused(
                    "CREATE VIEW", "It must be the first statement in its batch.", "Put GO before it."
                )
            found.append((statement, reader.text(start, reader.at)))
            reader.skip(";")
    return found


def _batches(tokens: list[Token]) -> Iterator[list[Token]]:
    batch: list[Token] = []
    for i, token in enumerate(tokens):
        alone = all(n.line != token.line for n in tokens[max(0, i - 1) : i] + tokens[i + 1 : i + 2])
        if token.text.upper() == "GO" and alone:
            yield batch
            batch = []
        else:
            batch.append(token)
    yield batch


class _Reader:
    """Reads one batch, token by token."""

    def __init__(self, script: str, tokens: list[Token]):
        self.script, self.tokens, self.at = script, tokens, 0
        self.skip(";")

    @property
    def ended(self) -> bool:
        return self.at >= len(self.tokens)

    def text(self, start: int, end: int) -> str:
        """The script between two tokens, the second left out."""
        first = self.tokens[start]
        # the tokenizer gives the start of a quoted token inside its first quote or bracket on some kinds
        return self.script[first.start : self.tokens[end - 1].end + 1]

    def statement(self) -> Statement:
        if self.skip("IF"):
            return self._conditional()
        if self.skip("EXEC"):
            return self._executed()
        if self.skip("DROP"):
            return self._drop()
        if self.skip("CREATE"):
            return self._create()
        raise untranslated(self._near())

    def skip(self, *words: str) -> bool:
        """Step over these words if they come next."""
        following = self.tokens[self.at : self.at + len(words)]
        if len(following) < len(words):
            return False
        for token, word in zip(following, words, strict=True):
            if token.text.upper() != word or token.token_type in (TokenType.STRING, TokenType.IDENTIFIER):
                return False
        self.at += len(words)
        return True

    def expect(self, *words: str) -> None:
        if not self.skip(*words):
            raise Refused(self._near(), f"{' '.join(words)} is expected here.")

    def _near(self) -> str:
        return " ".join(t.text for t in self.tokens[self.at : self.at + 5]) or "the end of a batch"

    def name(self) -> str:
        if self.ended or self.tokens[self.at].token_type in (TokenType.STRING, TokenType.NUMBER):
            raise Refused(self._near(), "A name is expected here.")
        self.at += 1
        return self.tokens[self.at - 1].text

    def literal(self) -> str:
        if self.ended or self.tokens[self.at].token_type not in (TokenType.STRING, TokenType.NATIONAL_STRING):
            raise Refused(self._near(), "A text in quotes is expected here.")
        self.at += 1
        return self.tokens[self.at - 1].text

    def _qualified(self) -> tuple[str, str]:
        first = self.name()
        return (first, self.name()) if self.skip(".") else ("dbo", first)

    def _conditional(self) -> Conditional:
        negated = self.skip("NOT")
        self.expect("EXISTS")
        self.expect("(")
        start, depth = self.at, 1
        while depth and not self.ended:
            depth += {"(": 1, ")": -1}.get(self.tokens[self.at].text, 0)
            self.at += 1
        if depth:
            raise Refused("IF EXISTS", "A parenthesis is not closed.")
        return Conditional(self.text(start, self.at - 1), negated, self.statement())

    def _executed(self) -> Statement:
        """EXEC('..'): how a statement that must be alone in its batch follows an IF."""
        self.expect("(")
        inner = self.literal()
        self.expect(")")
        statements = read(inner)
        if len(statements) != 1:
            raise untranslated(f"EXEC('{inner}')", "One statement is expected in it.")
        return statements[0][0]

    def _drop(self) -> Statement:
        if self.skip("EXTERNAL", "DATA", "SOURCE"):
            return DropDataSource(self.name())
        self.expect("VIEW")
        if_exists = self.skip("IF", "EXISTS")
        return DropView(*self._qualified(), if_exists)

    def _create(self) -> Statement:
        if self.skip("DATABASE", "SCOPED", "CREDENTIAL"):
            return self._credential()
        if self.skip("DATABASE"):
            return self._database()
        if self.skip("SCHEMA"):
            return CreateSchema(self.name())
        if self.skip("MASTER", "KEY"):
            if self.skip("ENCRYPTION"):
                self.expect("BY", "PASSWORD", "=")
                self.literal()
            return CreateMasterKey()
        if self.skip("EXTERNAL", "DATA", "SOURCE"):
            return self._data_source()
        replace = self.skip("OR", "ALTER")
        self.expect("VIEW")
        schema, name = self._qualified()
        self.expect("AS")
        start, self.at = self.at, len(self.tokens)
        return CreateView(schema, name, self.text(start, self.at), replace)

    def _database(self) -> CreateDatabase:
        name = self.name()
        collation = self.name() if self.skip("COLLATE") else "the server's"
        if collation != COLLATION:
            raise Refused(
                f"CREATE DATABASE {name}", f"Its collation is {collation}.", f"Write COLLATE {COLLATION}."
            )
        return CreateDatabase(name)

    def _credential(self) -> CreateCredential:
        name = self.name()
        self.expect("WITH")
        self.expect("IDENTITY")
        self.expect("=")
        return CreateCredential(name, self.literal())

    def _data_source(self) -> CreateDataSource:
        name, options = self.name(), {}
        self.expect("WITH")
        self.expect("(")
        while not self.skip(")"):
            key = self.name().upper()
            self.expect("=")
            options[key] = self.name() if key == "CREDENTIAL" else self.literal()
            self.skip(",")
        if set(options) - {"LOCATION", "CREDENTIAL"} or "LOCATION" not in options:
            raise untranslated(
                f"CREATE EXTERNAL DATA SOURCE with {', '.join(options)}", "LOCATION is needed."
            )
        return CreateDataSource(name, options["LOCATION"], options.get("CREDENTIAL"))
