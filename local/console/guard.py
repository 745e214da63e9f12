"""Who may talk to the console: the browser that was opened with its token, and no other page in that browser.

A page of any site can send requests to a port of this machine, and by a name of its own that points here even read the
answers. So a request, and the upgrade to a WebSocket over which all actions go, must name this console as its host,
must not come from another origin, and must carry the token in a cookie that no other site's request takes along.
"""

import hmac
from collections.abc import Awaitable, Callable, MutableMapping
from http.cookies import CookieError, SimpleCookie
from typing import Any
from urllib.parse import parse_qsl, urlencode

from starlette.responses import PlainTextResponse, RedirectResponse

PARAMETER = "token"
_HOSTS = ("127.0.0.1", "localhost")

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Any]]
Send = Callable[[Any], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]


class Guard:
    """ASGI middleware that lets in who carries the token.

    Args:
        port: where the console listens.
        token: what `highwater console` printed; 32 bytes of the system's randomness.
    """

    def __init__(self, app: App, port: int, token: str):
        self._app, self._token = app, token
        self._hosts = {f"{host}:{port}" for host in _HOSTS}
        # The same host on another port is the same site to a cookie.
        self._cookie = f"highwater_console_{port}"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            return await self._app(scope, receive, send)
        headers = {key.decode("latin-1"): value.decode("latin-1") for key, value in scope["headers"]}
        if not self._is_ours(headers):
            return await self._refuse(scope, receive, send, "This console is asked under another name.")
        if self._is_known(headers):
            return await self._app(scope, receive, send)
        query = parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)
        given = dict(query).get(PARAMETER, "")
        if scope["type"] == "http" and scope["method"] == "GET" and self._is_token(given):
            rest = urlencode([(name, value) for name, value in query if name != PARAMETER])
            # a path with two slashes at its start would name another host
            answer = RedirectResponse(
                "/" + scope["path"].lstrip("/") + (f"?{rest}" if rest else ""), status_code=303
            )
            answer.set_cookie(self._cookie, self._token, httponly=True, samesite="strict")
            return await answer(scope, receive, send)
        await self._refuse(scope, receive, send, "Open the address that `highwater console` printed.")

    def _is_ours(self, headers: dict[str, str]) -> bool:
        origin = headers.get("origin")
        return (
            headers.get("host") in self._hosts
            and (origin is None or origin.removeprefix("http://") in self._hosts)
            # Another port of this machine is the same site, cookies and all; and not every request names its origin.
            and headers.get("sec-fetch-site", "none") in ("same-origin", "none")
        )

    def _is_known(self, headers: dict[str, str]) -> bool:
        try:
            cookies = SimpleCookie(headers.get("cookie", ""))
        except CookieError:
            return False
        return self._cookie in cookies and self._is_token(cookies[self._cookie].value)

    def _is_token(self, given: str) -> bool:
        return hmac.compare_digest(given.encode(), self._token.encode())

    async def _refuse(self, scope: Scope, receive: Receive, send: Send, why: str) -> None:
        if scope["type"] == "websocket":
            await receive()  # the handshake
            await send({"type": "websocket.close", "code": 4403, "reason": why})
        else:
            await PlainTextResponse(why, status_code=403)(scope, receive, send)
