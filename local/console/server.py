"""Serves the console on loopback."""

import secrets
import socket
import threading
import webbrowser
from collections.abc import Callable

from nicegui import app, ui
from starlette.middleware import Middleware

from local.console.act import Act
from local.console.answers import Answers
from local.console.ask import Ask
from local.console.guard import PARAMETER, Guard
from local.console.pages.business import report
from local.console.site import root, warm
from local.errors import HighwaterError
from local.stack import LocalStack

HOST = "127.0.0.1"


def free_port(wanted: int) -> int:
    """`wanted`, or one that is free when it is 0.

    Raises:
        HighwaterError: somebody listens on it already.
    """
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, wanted))
        except OSError as error:
            raise HighwaterError(
                f"The console can't listen on port {wanted}", str(error), "Choose another one with --port."
            ) from None
        return probe.getsockname()[1]


def serve(stack: LocalStack, port: int, *, show: bool, told: Callable[[str], None]) -> None:
    """Serve until interrupted. `told` hears the address, which holds the token; `show`: open it in a browser."""
    port, token = free_port(port), secrets.token_urlsafe(32)
    address = f"http://{HOST}:{port}/?{PARAMETER}={token}"
    app.user_middleware.append(Middleware(Guard, port=port, token=token))
    app.on_startup(lambda: told(address))
    if show:
        app.on_startup(lambda: webbrowser.open(address))
    ask = Ask(stack)
    answers = Answers(ask, report)
    app.on_shutdown(answers.close)
    app.on_startup(lambda: threading.Thread(target=warm, args=(ask, answers), daemon=True).start())
    ui.run(
        root(ask, Act(stack), answers),
        host=HOST,
        port=port,
        title="Highwater",
        language="en-US",
        dark=None,
        favicon="🌊",
        show=False,
        reload=False,
        show_welcome_message=False,
        reconnect_timeout=30.0,
    )
