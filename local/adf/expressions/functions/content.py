"""Binary content as a value: {"$content-type": ..., "$content": base64}."""

import base64
import binascii
import re

TYPE, CONTENT = "$content-type", "$content"
OCTETS = "application/octet-stream"
XML = "application/xml;charset=utf-8"


def made(data: bytes, kind: str = OCTETS) -> dict:
    return {TYPE: kind, CONTENT: base64.b64encode(data).decode()}


def is_content(value: object) -> bool:
    return isinstance(value, dict) and TYPE in value and isinstance(value.get(CONTENT), str)


def is_xml(value: object) -> bool:
    """Whether it is content whose media type is one of XML; text/xml is none, to the service."""
    if not is_content(value):
        return False
    media = str(value[TYPE]).partition(";")[0].strip().lower()
    return media == "application/xml" or media.endswith("+xml")


def bytes_of(value: dict) -> bytes:
    """The bytes of a content value; ValueError when they are not base64."""
    return decoded(value[CONTENT])


def decoded(text: str) -> bytes:
    """Strict base64, white space aside. ValueError when it is not."""
    try:
        return base64.b64decode(re.sub(r"[ \t\r\n]", "", text), validate=True)
    except binascii.Error as error:
        raise ValueError(str(error)) from None
