"""How a function of the expression language is declared, and the wording of its refusals."""

from collections.abc import Callable
from dataclasses import dataclass

from local.adf.expressions.errors import ExpressionError
from local.adf.expressions.values import int32, is_integer, type_name

_HELP = "Please see https://aka.ms/logicexpressions#{} for usage details."


@dataclass(frozen=True)
class Function:
    """One function.

    Attributes:
        call: (name as written, evaluated arguments) -> value.
        least, most: how many arguments it takes; most None is any number.
        takes: what it expects, for the message.
    """

    call: Callable[[str, list], object]
    least: int
    most: int | None
    takes: str

    def check_count(self, name: str, count: int) -> None:
        """Raise unless `count` arguments may be given."""
        if count < self.least or (self.most is not None and count > self.most):
            raise ExpressionError(
                f"The template language function '{name}' expects {self.takes}. "
                f"The function was invoked with '{count}' parameter(s). {_HELP.format(name)}"
            )


FUNCTIONS: dict[str, Function] = {}
LAZY: dict[str, Function] = {}  # their arguments come as functions without arguments


def function(
    *names: str, takes: str, least: int = 1, most: int | None = -1, lazy: bool = False
) -> Callable[[Callable], Callable]:
    """Declare a function under its names. `most` is `least` unless given; None is any number."""

    def declare(call: Callable[[str, list], object]) -> Callable:
        for name in names:
            table = LAZY if lazy else FUNCTIONS
            table[name.lower()] = Function(call, least, least if most == -1 else most, takes)
        return call

    return declare


def expects(name: str, which: str, kind: str, value: object) -> ExpressionError:
    """The refusal of an argument's type: expects(name, 'first parameter', 'a string', value)."""
    return ExpressionError(
        f"The template language function '{name}' expects its {which} to be {kind}. "
        f"The provided value is of type '{type_name(value)}'. {_HELP.format(name)}"
    )


def text(name: str, value: object, which: str = "parameter") -> str:
    """The argument, which must be a string."""
    if not isinstance(value, str):
        raise expects(name, which, "a string", value)
    return value


def integer(name: str, value: object, which: str = "parameter") -> int:
    """The argument, which must be an integer; of 32 bits in the end."""
    if not is_integer(value):
        raise expects(name, which, "an integer", value)
    return int32(value)


def invalid(name: str, why: str) -> ExpressionError:
    return ExpressionError(f"The template language function '{name}' {why} {_HELP.format(name)}")
