"""The expression language of Data Factory: parse once, evaluate many times."""

from local.adf.expressions.context import OUTSIDE, Context
from local.adf.expressions.errors import ExpressionError
from local.adf.expressions.template import Template, template

__all__ = ["OUTSIDE", "Context", "ExpressionError", "Template", "evaluate", "template"]


def evaluate(text: str, context: Context) -> object:
    """The value of a string of a definition in a context. Raises ExpressionError, and nothing else."""
    return template(text).evaluate(context)
