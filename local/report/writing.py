"""Trees as T-SQL, with DAX's meaning of BLANK: nothing in a sum, 0 or '' in a comparison."""

from collections.abc import Callable

from local.report.errors import ReportError
from local.report.expressions import COMPARISONS, Aggregate, Day, Literal, Op
from local.report.model import Column

KINDS = {"int64": "int", "decimal": "decimal", "double": "float", "string": "text", "dateTime": "date",
         "boolean": "bool"}  # fmt: skip
Written = tuple[str, str]  # T-SQL, and its kind: int, decimal, float, text, date, bool, condition or null


def quoted(name: str) -> str:
    return "[" + name.replace("]", "]]") + "]"


def literal(tree: Literal | Day) -> Written:
    """A constant."""
    if isinstance(tree, Day):
        return f"CAST('{tree.text}' AS DATETIME2(6))", "date"
    match tree.value:
        case None:
            return "NULL", "null"
        case bool(value):
            return str(int(value)), "bool"
        case int(value):
            return str(value), "int"
        case float(value):
            return f"CAST({value!r} AS FLOAT)", "float"
    return "'" + str(tree.value).replace("'", "''") + "'", "text"


def condition(tree: object, at: Callable[[object], Written]) -> str:
    """A condition on columns. `at` writes a column or a scalar."""
    if isinstance(tree, Literal):
        return "1 = 1" if tree.value else "1 = 0"
    match tree.name:
        case "&&" | "||" as op:
            left, right = (condition(a, at) for a in tree.args)
            return f"({left} {'AND' if op == '&&' else 'OR'} {right})"
        case "NOT":
            # two-valued, as DAX is: what is neither true nor false does not come up there
            return f"(CASE WHEN {condition(tree.args[0], at)} THEN 1 ELSE 0 END = 0)"
        case "ISBLANK":
            return f"{at(tree.args[0])[0]} IS NULL"
        case "IN":
            column = at(tree.args[0])[0]
            values = [at(v)[0] for v in tree.args[1:]]
            parts = (
                [f"{column} IN ({', '.join(v for v in values if v != 'NULL')})"]
                if set(values) != {"NULL"}
                else []
            )
            parts += [f"{column} IS NULL"] if any(_is_blank(v) for v in tree.args[1:]) else []
            return parts[0] if len(parts) == 1 else f"({' OR '.join(parts)})"
        case op if op in COMPARISONS:
            return _compared(op, tree.args[0], tree.args[1], at)
        case "TOP":
            return at(tree)[0]
    raise ReportError(f"{tree.name} is no condition")


def _is_blank(tree: object) -> bool:
    """Whether BLANK equals it: BLANK itself, 0, an empty text and FALSE do."""
    return isinstance(tree, Literal) and tree.value in (None, 0, "", False)


def _compared(op: str, column: Column, value: object, at: Callable[[object], Written]) -> str:
    left, right = at(column)[0], at(value)[0]
    if right == "NULL":
        return f"{left} IS {'NOT ' if op == '<>' else ''}NULL"
    said = f"{left} {op} {right}"
    return f"({said} OR {left} IS NULL)" if _holds_for_blank(op, value) else said


def _holds_for_blank(op: str, value: object) -> bool:
    """Whether a blank on the left makes the comparison true. A blank day is long past."""
    if isinstance(value, Literal) and not isinstance(value.value, str) and value.value is not None:
        return {"=": value.value == 0, "<>": value.value != 0, "<": value.value > 0, "<=": value.value >= 0,
                ">": value.value < 0, ">=": value.value <= 0}[op]  # fmt: skip
    if isinstance(value, Literal):
        return {"=": value.value == "", "<>": value.value != ""}.get(op, False)
    return op in ("<>", "<", "<=")


def scalar(tree: object, at: Callable[[Aggregate], Written]) -> Written:
    """An expression over aggregates. `at` says where an aggregate's value is."""
    match tree:
        case Literal() | Day():
            return literal(tree)
        case Aggregate():
            return at(tree)
        case Op(name, args):
            return _operation(name, [scalar(a, at) for a in args], args)
    raise ReportError(f"{tree} is no value")


def _number(written: Written) -> str:
    return f"COALESCE({written[0]}, 0)" if written[1] in ("int", "decimal", "float") else written[0]


def _operation(name: str, args: list[Written], trees: tuple) -> Written:
    (a, kind), *rest = args
    match name:
        case "+" | "-":
            if kind == "date":
                return _shifted(a, trees[1], name), "date"
            (b, other) = rest[0]
            if kind == "null" or other == "null":
                return (b, other) if kind == "null" else (a, kind)
            both = f"{_number((a, kind))} {name} {_number((b, other))}"
            constant = any(isinstance(t, Literal) for t in trees)
            said = (
                f"({both})"
                if constant
                else f"CASE WHEN {a} IS NULL AND {b} IS NULL THEN NULL ELSE {both} END"
            )
            return said, _wider(kind, other)
        case "*":
            return f"({a} * {rest[0][0]})", _wider(kind, rest[0][1])
        case "/":
            return f"(CAST({a} AS FLOAT) / {rest[0][0]})", "float"
        case "DIVIDE":
            return _divided(a, *(b for b, _ in rest)), "float"
        case "IF":
            (then, then_kind), *otherwise = rest
            other = otherwise[0] if otherwise else ("NULL", "null")
            # T-SQL has no value that is a condition: IF takes one as it is
            said = f"CASE WHEN {a if kind == 'condition' else f'{a} = 1'} THEN {then} ELSE {other[0]} END"
            return said, _wider(then_kind, other[1])
        case "COALESCE":
            kinds = [k for _, k in args]
            return f"COALESCE({', '.join(s for s, _ in args)})", _wider(*kinds)
        case "ROUND":
            return f"ROUND({a}, {rest[0][0]})", kind
        case "ISBLANK":
            return f"({a} IS NULL)", "condition"
        case "NOT":
            return f"(NOT {a})", "condition"
        case "&&" | "||":
            return f"({a} {'AND' if name == '&&' else 'OR'} {rest[0][0]})", "condition"
        case op if op in COMPARISONS:
            return f"({_number((a, kind))} {op} {_number(rest[0])})", "condition"
    raise ReportError(f"{name} is no operation")


def _divided(a: str, b: str, instead: str | None = None) -> str:
    said = f"(CAST({a} AS FLOAT) / NULLIF(CAST({b} AS FLOAT), 0))"
    return said if instead is None else f"CASE WHEN COALESCE({b}, 0) = 0 THEN {instead} ELSE {said} END"


def _shifted(moment: str, by: object, sign: str) -> str:
    """A moment and a number of days, of which whole minutes are kept."""
    if not isinstance(by, Literal) or type(by.value) not in (int, float):
        raise ReportError("A day can be moved by a number of days alone")
    minutes = round(by.value * 1440)
    unit, count = ("day", minutes // 1440) if minutes % 1440 == 0 else ("minute", minutes)
    return f"DATEADD({unit}, {-count if sign == '-' else count}, {moment})"


def _wider(*kinds: str) -> str:
    order = ("null", "bool", "int", "decimal", "float", "text", "date")
    return max(kinds, key=order.index)
