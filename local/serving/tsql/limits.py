"""How many rows a query answers with, and from which on."""

from sqlglot import exp

from local.serving.tsql.errors import Refused, untranslated
from local.serving.tsql.syntax import only


def limit(node: exp.Expression) -> str:
    """TOP and OFFSET .. FETCH of a query as DuckDB writes them; empty when it has neither.

    Raises:
        Refused: what has no counterpart here, or what T-SQL itself refuses.
    """
    top, offset, sql = node.args.get("limit"), node.args.get("offset"), ""
    if top is not None:
        only(top, {"expression", "count", "direction", "limit_options"}, "TOP")
        options = top.args.get("limit_options")
        for key, word in (("percent", "PERCENT"), ("with_ties", "WITH TIES")):
            if options is not None and options.args.get(key):
                raise untranslated(f"TOP .. {word}", "Use RANK() in a subquery.")
        sql += f" LIMIT {_whole(top.args.get('count') or top.expression, 'TOP')}"
    if offset is not None:
        only(offset, {"expression"}, "OFFSET")
        if node.args.get("order") is None:
            raise Refused("OFFSET", "OFFSET needs ORDER BY.")
        sql += f" OFFSET {_whole(offset.expression, 'OFFSET')}"
    return sql


def _whole(node: exp.Expression, word: str) -> str:
    while isinstance(node, exp.Paren):
        node = node.this
    if not (isinstance(node, exp.Literal) and node.this.isdigit()):
        raise untranslated(f"{word} with a computed number", "Write it as a number.")
    return node.this
