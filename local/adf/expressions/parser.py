"""Tokens -> tree, by recursive descent.

expression := literal | name '(' [expression {',' expression}] ')' {selection}
selection  := ['?'] ( '.' name | '[' expression ']' )
literal    := string | number | true | false | null        (takes no selection)
"""

from local.adf.expressions.errors import ExpressionError
from local.adf.expressions.lexer import END, Token, tokenize
from local.adf.expressions.nodes import Call, Literal, Node, Select

MAX_DEPTH = 120
_CONSTANTS = {"true": True, "false": False, "null": None}


def parse(text: str) -> Node:
    """The tree of one expression, `text` being what follows the @ or stands inside @{ }.

    Raises:
        ExpressionError: with the offset of the token that was not expected.
    """
    parser = _Parser(text)
    node = parser.expression(0)
    parser.expect(END)
    return node


class _Parser:
    def __init__(self, text: str):
        self.text = text
        self.tokens = tokenize(text)
        self.at = 0

    @property
    def token(self) -> Token:
        return self.tokens[self.at]

    def take(self) -> Token:
        token = self.tokens[self.at]
        self.at += 1
        return token

    def expect(self, kind: str) -> Token:
        if self.token.kind != kind:
            raise ExpressionError(
                f"Unable to parse template language expression '{self.text}': expected token '{kind}' "
                f"and actual '{self.token.kind}'.",
                self.text,
                self.token.position,
            )
        return self.take()

    def expression(self, depth: int) -> Node:
        if depth > MAX_DEPTH:
            raise ExpressionError(
                f"The expression is nested deeper than {MAX_DEPTH} levels.", self.text, self.token.position
            )
        if self.token.kind in ("Literal", "Integer", "Float"):
            token = self.take()
            return Literal(token.value, token.position)
        name = self.expect("Identifier")
        if name.value.lower() in _CONSTANTS:
            return Literal(_CONSTANTS[name.value.lower()], name.position)
        self.expect("LeftParenthesis")
        return self.selections(Call(name.value, self.arguments(depth), name.position), depth)

    def arguments(self, depth: int) -> tuple[Node, ...]:
        found = []
        if self.token.kind != "RightParenthesis":
            found.append(self.expression(depth + 1))
            while self.token.kind == "Comma":
                self.take()
                found.append(self.expression(depth + 1))
        self.expect("RightParenthesis")
        return tuple(found)

    def selections(self, node: Node, depth: int) -> Node:
        steps = 0
        while self.token.kind in ("QuestionMark", "Dot", "LeftSquareBracket"):
            steps += 1
            optional = self.token.kind == "QuestionMark"
            if optional:
                self.take()
                if self.token.kind not in ("Dot", "LeftSquareBracket"):
                    raise ExpressionError(
                        f"Unable to parse template language expression '{self.text}': encountered unexpected "
                        f"token '{self.token.kind}' after null-safe property dereference operator '?'.",
                        self.text,
                        self.token.position,
                    )
            if self.take().kind == "Dot":
                name = self.expect("Identifier")
                key: Node = Literal(name.value, name.position)
            else:
                key = self.expression(depth + 1)
                self.expect("RightSquareBracket")
            node = Select(node, key, optional, key.position)
            if depth + steps > MAX_DEPTH:
                raise ExpressionError(
                    f"The expression is nested deeper than {MAX_DEPTH} levels.", self.text, node.position
                )
        return node
