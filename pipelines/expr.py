"""Data Factory expressions, built from small named parts instead of by hand.

>>> str(sql("select control.finish_run({run})", run=sql_text(run_id())))
"@concat('select control.finish_run(', concat('''', replace(pipeline().RunId, '''', ''''''), ''''), ')')"
"""

import re
from dataclasses import dataclass

from pulumi_azure_native import datafactory

LONGEST = 8192
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_HOLE = re.compile(r"\{(\w+)\}")


class ExpressionError(ValueError):
    """An expression that Data Factory would refuse or read otherwise than it is meant."""


@dataclass(frozen=True)
class Expr:
    """An expression's text, without the `@` that starts it where it stands alone."""

    text: str

    def __str__(self) -> str:
        whole = f"@{self.text}"
        if len(whole) > LONGEST:
            raise ExpressionError(f"an expression has at most {LONGEST} characters, found {len(whole)}")
        return whole


def _path(names: tuple[str, ...]) -> str:
    for name in names:
        if not _NAME.fullmatch(name):
            raise ExpressionError(f"a property's name has letters, digits and underscore, found {name!r}")
    return ".".join(names)


def literal(text: str) -> Expr:
    """A string, as it stands."""
    return Expr("'" + text.replace("'", "''") + "'")


def number(value: int) -> Expr:
    """A whole number, as it stands."""
    return Expr(str(value))


def run_id() -> Expr:
    """The id of this pipeline run."""
    return Expr("pipeline().RunId")


def pipeline_name() -> Expr:
    """The name of this pipeline."""
    return Expr("pipeline().Pipeline")


def pipeline_param(name: str) -> Expr:
    """A parameter of this pipeline."""
    return Expr(f"pipeline().parameters.{_path((name,))}")


def dataset_param(name: str) -> Expr:
    """A parameter of this dataset."""
    return Expr(f"dataset().{_path((name,))}")


def item(*path: str) -> Expr:
    """The current item of the enclosing ForEach, or what lies at `path` inside it."""
    return Expr(".".join(["item()", *([_path(path)] if path else [])]))


def activity_output(activity: str, *path: str) -> Expr:
    """What an earlier activity put out, or what lies at `path` inside it."""
    return Expr(f"activity({literal(activity).text}).output.{_path(path)}")


def activity_found(activity: str, *path: str) -> Expr:
    """What lies at `path` inside the output of an earlier activity; null where there is none or it did not run."""
    _path(path)
    return Expr(f"activity({literal(activity).text})?.output?.{'?.'.join(path)}")


def activity_error(activity: str) -> Expr:
    """Why an earlier activity failed; null when it succeeded or did not run."""
    return Expr(f"activity({literal(activity).text})?.error?.message")


def call(function: str, *arguments: Expr) -> Expr:
    """One of Data Factory's functions, applied."""
    return Expr(f"{function}({', '.join(argument.text for argument in arguments)})")


def concat(*parts: Expr | str) -> Expr:
    """Strings one after the other; a plain string stands as it is."""
    return call("concat", *(literal(part) if isinstance(part, str) else part for part in parts))


def text(value: Expr) -> Expr:
    """A number, object or array as a string; JSON for the latter two."""
    return call("string", value)


def first_of(*values: Expr | str) -> Expr:
    """The first that is not null."""
    return call("coalesce", *(literal(value) if isinstance(value, str) else value for value in values))


def sql_text(value: Expr) -> Expr:
    """A string as an SQL literal: in quotes, and every quote in it doubled.

    PostgreSQL reads a backslash in such a literal as itself, so nothing else needs care.
    """
    return concat("'", call("replace", value, literal("'"), literal("''")), "'")


def sql(template: str, **values: Expr) -> Expr:
    """An SQL statement with expressions in the places of `{name}`.

    Every value must be SQL already: text through `sql_text`, a number through `text`.

    Raises:
        ExpressionError: a place without a value, or a value without a place.
    """
    holes = _HOLE.findall(template)
    if set(holes) != set(values):
        wrong = ", ".join(sorted(set(holes) ^ set(values)))
        raise ExpressionError(
            f"places and values of an SQL template must be the same; these are not: {wrong}"
        )
    if not holes:
        return literal(template)
    parts: list[Expr | str] = []
    for index, piece in enumerate(_HOLE.split(template)):
        if index % 2:
            parts.append(values[piece])
        elif piece:
            parts.append(piece)
    return concat(*parts)


def expression(value: Expr) -> datafactory.ExpressionArgs:
    """The form that ForEach, If and Until want."""
    return datafactory.ExpressionArgs(type="Expression", value=str(value))


def dynamic(value: Expr | str) -> dict[str, str] | str:
    """The form of any other property that is computed; a plain string is kept from being read as one."""
    if isinstance(value, Expr):
        return {"value": str(value), "type": "Expression"}
    escaped = value.replace("@{", "@@{")
    return f"@{escaped}" if escaped.startswith("@") and not value.startswith("@{") else escaped
