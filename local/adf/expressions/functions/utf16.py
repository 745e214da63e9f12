"""Strings as the service counts them: in UTF-16 code units, an emoji being two."""


def units(value: str) -> str:
    """The string with characters beyond the basic plane as two surrogates, so that indexes count units."""
    if value.isascii() or max(value, default="") < "\U00010000":
        return value
    data = value.encode("utf-16-le", "surrogatepass")
    return "".join(chr(data[at] | data[at + 1] << 8) for at in range(0, len(data), 2))


def joined(value: str) -> str:
    """The reverse of `units`; half a pair stays as it is."""
    if value.isascii() or not any("\ud800" <= char <= "\udfff" for char in value):
        return value
    return value.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass")
