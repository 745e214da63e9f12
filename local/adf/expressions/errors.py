"""The one error that an expression can raise, whether it is malformed or fails when evaluated."""


class ExpressionError(Exception):
    """An expression that cannot be parsed or evaluated.

    Attributes:
        message: what is wrong, in the wording of the service where that is known.
        expression: the text of the expression, without its leading @, where known.
        position: offset of the fault in that text, where known.
    """

    def __init__(self, message: str, expression: str | None = None, position: int | None = None):
        self.message, self.expression, self.position = message, expression, position
        super().__init__(message)
