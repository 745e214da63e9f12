"""The one Spark Connect call that needs no Spark client: releasing a session.

Releasing frees what the server keeps for a session. Releasing one that never was changes nothing and still
needs the token, so it is also how the server's health is asked, far quicker than pyspark is imported.
"""

import uuid
from enum import Enum

import grpc

USER = "highwater"
_METHOD = "/spark.connect.SparkConnectService/ReleaseSession"


class Answer(Enum):
    """How the server took the call."""

    OK = "ok"
    REFUSED = "refused"  # the token is not the server's
    SILENT = "silent"  # nothing listens, or nothing answered in time
    FAILED = "failed"  # it answered with an error of its own


def release_session(port: int, token: str | None, session_id: str, timeout: float = 5) -> Answer:
    """Ends the session `session_id` of our user; what it still runs is interrupted where Spark can."""
    metadata = [("authorization", f"Bearer {token}")] if token is not None else []
    body = _field(1, session_id.encode()) + _field(2, _field(1, USER.encode()))
    # A proxy is for the outside; the server is on this machine.
    with grpc.insecure_channel(f"127.0.0.1:{port}", options=[("grpc.enable_http_proxy", 0)]) as channel:
        try:
            channel.unary_unary(_METHOD)(body, metadata=metadata, timeout=timeout)
        except grpc.RpcError as error:
            if error.code() == grpc.StatusCode.UNAUTHENTICATED:
                return Answer.REFUSED
            silent = (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED)
            return Answer.SILENT if error.code() in silent else Answer.FAILED
    return Answer.OK


def probe(port: int, token: str | None, timeout: float = 5) -> Answer:
    """Whether the server answers, and to this token."""
    return release_session(port, token, str(uuid.uuid4()), timeout)


def _field(number: int, content: bytes) -> bytes:
    """A length-delimited protobuf field of fewer than 128 bytes."""
    assert len(content) < 128
    return bytes([number << 3 | 2, len(content)]) + content
