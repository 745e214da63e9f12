"""Text of an expression -> tokens."""

import re
from typing import NamedTuple

from local.adf.expressions.errors import ExpressionError

END = "EndOfData"
_SYMBOLS = {
    "(": "LeftParenthesis",
    ")": "RightParenthesis",
    "[": "LeftSquareBracket",
    "]": "RightSquareBracket",
    ",": "Comma",
    ".": "Dot",
    "?": "QuestionMark",
}
# A sign belongs to the number: there are no operators. `5.` is a number, `.5` is not.
_NUMBER = re.compile(r"[+-]?[0-9]*(?:\.[0-9]*)?(?:[eE][+-][0-9]*|[eE][0-9]+)?")
_INT64 = range(-(2**63), 2**63)


class Token(NamedTuple):
    """One token: its kind (the service's own names), where it starts, and its value if it has one."""

    kind: str
    position: int
    value: object = None


def tokenize(text: str) -> list[Token]:
    """All tokens of an expression, closed by one of kind `EndOfData`.

    Raises:
        ExpressionError: a character that starts no token, a string without end, a number out of range.
    """
    tokens, at = [], 0
    while at < len(text):
        char = text[at]
        if char.isspace():
            at += 1
        elif char in _SYMBOLS:
            tokens.append(Token(_SYMBOLS[char], at))
            at += 1
        elif char == "'":
            value, end = _string(text, at)
            tokens.append(Token("Literal", at, value))
            at = end
        elif char in "+-" or "0" <= char <= "9":
            token, at = _number(text, at)
            tokens.append(token)
        elif _starts_name(char):
            end = at + 1
            while end < len(text) and (_starts_name(text[end]) or text[end].isdigit()):
                end += 1
            tokens.append(Token("Identifier", at, text[at:end]))
            at = end
        else:
            raise _unexpected(text, at)
    tokens.append(Token(END, len(text)))
    return tokens


def _starts_name(char: str) -> bool:
    return char.isalpha() or char in "_$"


def _string(text: str, start: int) -> tuple[str, int]:
    """The value of a quoted string ('' inside it is one quote) and the offset after it."""
    at = start + 1
    while True:
        end = text.find("'", at)
        if end < 0:
            raise ExpressionError(
                f"The template language expression '{text}' is not valid: the string constant at position "
                f"'{start}' is not terminated. String constants must be enclosed within a pair of quotes.",
                text,
                start,
            )
        if text[end + 1 : end + 2] != "'":
            return text[start + 1 : end].replace("''", "'"), end + 1
        at = end + 2


def _number(text: str, start: int) -> tuple[Token, int]:
    raw = _NUMBER.match(text, start).group()
    end = start + len(raw)
    if end < len(text) and (_starts_name(text[end]) or text[end] in "{\"'@"):
        raise _unexpected(text, end)
    try:
        if raw.lstrip("+-").isdigit():
            value = int(raw)
            if value in _INT64:
                return Token("Integer", start, value), end
        else:
            return Token("Float", start, float(raw)), end
    except ValueError:
        pass
    raise ExpressionError(
        f"The template language expression '{text}' is not valid: the value '{raw}' at position '{start}' "
        "cannot be converted to number.",
        text,
        start,
    )


def _unexpected(text: str, at: int) -> ExpressionError:
    return ExpressionError(
        f"The template language expression '{text}' is not valid: the string character '{text[at]}' "
        f"at position '{at}' is not expected.",
        text,
        at,
    )
