"""Who the console answers: only the browser that was opened with its token."""

import asyncio

import pytest

from local.console.guard import Guard

TOKEN = "a-token-of-this-test"
HOST = "127.0.0.1:8500"
COOKIE = f"highwater_console_8500={TOKEN}"


async def inner(scope, receive, send):
    if scope["type"] == "http":
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"let in"})
    else:
        await send({"type": "websocket.accept"})


def ask(
    kind: str = "http", path: str = "/", query: str = "", method: str = "GET", **headers: str
) -> list[dict]:
    """What the guard sends for one request."""
    sent = []
    scope = {
        "type": kind, "path": path, "query_string": query.encode(), "method": method,
        "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
    }  # fmt: skip

    async def receive():
        return {"type": "websocket.connect"}

    async def send(message):
        sent.append(message)

    asyncio.run(Guard(inner, 8500, TOKEN)(scope, receive, send))
    return sent


def test_the_printed_address_lets_in_by_a_cookie_and_hides_the_token():
    (start, _) = ask(host=HOST, path="/runs", query=f"page=2&token={TOKEN}")
    headers = {name.decode(): value.decode() for name, value in start["headers"]}
    assert (start["status"], headers["location"]) == (303, "/runs?page=2")
    assert headers["set-cookie"] == f"{COOKIE}; HttpOnly; Path=/; SameSite=strict"
    assert ask(host=HOST, cookie=COOKIE)[1]["body"] == b"let in"
    assert ask("websocket", host=HOST, cookie=COOKIE, origin=f"http://{HOST}") == [
        {"type": "websocket.accept"}
    ]


def test_a_redirect_never_leaves_the_console():
    (start, _) = ask(host=HOST, path="//elsewhere.example/x", query=f"token={TOKEN}")
    assert dict(start["headers"])[b"location"] == b"/elsewhere.example/x"


@pytest.mark.parametrize(
    "headers",
    [
        {"host": HOST},
        {"host": HOST, "cookie": "highwater_console_8500=guess"},
        {"host": HOST, "cookie": f"highwater_console_8501={TOKEN}"},
        {"host": HOST, "cookie": COOKIE, "origin": "http://elsewhere.example"},
        {"host": HOST, "cookie": COOKIE, "origin": "http://127.0.0.1:9000"},
        {"host": HOST, "cookie": COOKIE, "origin": "null"},
        {"host": HOST, "cookie": COOKIE, "sec-fetch-site": "same-site"},
        {"host": "elsewhere.example:8500", "cookie": COOKIE},
        {"cookie": COOKIE},
    ],
    ids=["no token", "wrong token", "another console's", "another site", "another port", "a file",
         "another port, unnamed", "another name",
         "no name"],
)  # fmt: skip
def test_anybody_else_is_refused_a_page_and_a_socket(headers):
    assert ask(**headers)[0]["status"] == 403
    (closed,) = ask("websocket", **headers)
    assert (closed["type"], closed["code"]) == ("websocket.close", 4403)


def test_the_token_is_taken_from_an_address_alone():
    assert ask(method="POST", host=HOST, query=f"token={TOKEN}")[0]["status"] == 403
    assert ask("websocket", host=HOST, query=f"token={TOKEN}")[0]["type"] == "websocket.close"
