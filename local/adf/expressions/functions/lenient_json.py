"""JSON as the service reads it (Newtonsoft.Json): more than the standard allows.

Single quotes, names without quotes, comments, trailing commas, hex and octal numbers, NaN and Infinity;
what follows the first value is not looked at; an empty text is null.
"""

import re

MAX_DEPTH = 64
_SPACE = re.compile(r"(?:\s|/\*.*?\*/|//[^\n]*)*", re.DOTALL)
_NUMBER = re.compile(r"-?(?:0[xX][0-9a-fA-F]+|[0-9.][0-9a-zA-Z.+-]*)")
_NAME = re.compile(r"[\w$]+")
_WORDS = {
    "true": True,
    "false": False,
    "null": None,
    "NaN": float("nan"),
    "Infinity": float("inf"),
    "-Infinity": float("-inf"),
}
_WORD = re.compile(r"-?[A-Za-z]+")
_ESCAPES = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "/": "/", "\\": "\\", '"': '"', "'": "'"}


def loads(text: str) -> object:
    """The first value in the text. ValueError, with what is wrong and where, when there is none."""
    reader = _Reader(text)
    reader.skip()
    return None if reader.at == len(text) else reader.value(0)


class _Reader:
    def __init__(self, text: str):
        self.text, self.at = text, 0

    def skip(self) -> None:
        self.at = _SPACE.match(self.text, self.at).end()

    def peek(self) -> str:
        self.skip()
        return self.text[self.at : self.at + 1]

    def fail(self, what: str) -> ValueError:
        line = self.text.count("\n", 0, self.at) + 1
        return ValueError(
            f"{what}. Line {line}, position {self.at - self.text.rfind(chr(10), 0, self.at) - 1}."
        )

    def value(self, depth: int) -> object:
        if depth > MAX_DEPTH:
            raise self.fail(f"The reader's maximum depth of {MAX_DEPTH} has been exceeded")
        char = self.peek()
        if not char:
            raise self.fail("Unexpected end when reading JSON")
        if char == "{":
            return self.object(depth)
        if char == "[":
            return self.array(depth)
        if char in "\"'":
            return self.string()
        word = _WORD.match(self.text, self.at)
        if word and word.group() in _WORDS:
            self.at = word.end()
            return _WORDS[word.group()]
        return self.number()

    def object(self, depth: int) -> dict:
        self.at += 1
        found: dict = {}
        while True:
            char = self.peek()
            if char == "}":
                self.at += 1
                return found
            name = self.name(char)
            if self.peek() != ":":
                raise self.fail("Invalid character after parsing property name")
            self.at += 1
            found[name] = self.value(depth + 1)
            self.separator("}")

    def name(self, char: str) -> str:
        if char and char in "\"'":
            return self.string()
        bare = _NAME.match(self.text, self.at)
        if bare is None:
            raise self.fail(f"Invalid JavaScript property identifier character: {char}")
        self.at = bare.end()
        return bare.group()

    def array(self, depth: int) -> list:
        self.at += 1
        found: list = []
        while self.peek() != "]":
            found.append(self.value(depth + 1))
            self.separator("]")
        self.at += 1
        return found

    def separator(self, end: str) -> None:
        char = self.peek()
        if char == ",":
            self.at += 1
        elif char != end:
            raise self.fail(
                f"After parsing a value an unexpected character was encountered: {char or 'the end'}"
            )

    def string(self) -> str:
        quote = self.text[self.at]
        self.at += 1
        out: list[str] = []
        while True:
            if self.at >= len(self.text):
                raise self.fail(f"Unterminated string. Expected delimiter: {quote}")
            char = self.text[self.at]
            self.at += 1
            if char == quote:
                return _paired("".join(out))
            out.append(self.escape() if char == "\\" else char)

    def escape(self) -> str:
        char = self.text[self.at : self.at + 1]
        self.at += 1
        if char == "u":
            digits = self.text[self.at : self.at + 4]
            if not re.fullmatch(r"[0-9a-fA-F]{4}", digits):
                raise self.fail("Could not convert to a Unicode character")
            self.at += 4
            return chr(int(digits, 16))
        if char not in _ESCAPES or not char:
            raise self.fail(f"Bad JSON escape sequence: \\{char}")
        return _ESCAPES[char]

    def number(self) -> int | float:
        found = _NUMBER.match(self.text, self.at)
        if found is None:
            raise self.fail(f"Unexpected character encountered while parsing value: {self.text[self.at]}")
        raw = found.group()
        sign, digits = (-1, raw[1:]) if raw.startswith("-") else (1, raw)
        try:
            if digits[:2] in ("0x", "0X"):
                value: int | float = sign * int(digits, 16)
            elif re.fullmatch("0[0-7]+", digits):
                value = sign * int(digits, 8)
            elif digits.isdigit():
                value = sign * int(digits)
            elif re.fullmatch(r"(?=\.?\d)\d*\.?\d*(?:[eE][+-]?\d+)?", digits):
                value = sign * float(digits)
            else:
                raise ValueError(raw)
        except ValueError:
            raise self.fail(f"Input string '{raw}' is not a valid number") from None
        self.at = found.end()
        return value


def _paired(text: str) -> str:
    """Two escaped halves of a pair become the character that they stand for; a half alone becomes U+FFFD."""
    if not any("\ud800" <= char <= "\udfff" for char in text):
        return text
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
