"""Nothing but loopback, and no other page in the browser gets a word in."""

import functools
import http.server
import threading

import psutil
import pytest

# A page of another origin, in the very browser that was let in: it tries a page, an action's socket and a request.
INTRUDER = """
<script>
const at = location.hash.slice(1), told = {};
const socket = new Promise(done => {
  const s = new WebSocket(at.replace('http', 'ws') + '/_nicegui_ws/socket.io/?EIO=4&transport=websocket');
  s.onopen = () => done('opened'); s.onerror = () => done('refused'); s.onclose = () => done('refused');
});
const poll = fetch(at + '/_nicegui_ws/socket.io/?EIO=4&transport=polling', {credentials: 'include', mode: 'no-cors'})
  .then(() => 'sent', () => 'refused');
const read = fetch(at + '/', {credentials: 'include'}).then(r => r.text(), () => 'refused');
Promise.all([socket, poll, read]).then(all => { window.told = all; });
</script>
"""


@pytest.fixture
def elsewhere(tmp_path):
    (tmp_path / "index.html").write_text(INTRUDER)
    handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=str(tmp_path))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/index.html"
    server.shutdown()


def test_the_console_listens_on_loopback_alone(console):
    family = [
        console.process.pid,
        *(child.pid for child in psutil.Process(console.process.pid).children(True)),
    ]
    listening = [
        c.laddr for pid in family for c in psutil.Process(pid).net_connections() if c.status == "LISTEN"
    ]
    assert [(a.ip, a.port) for a in listening] == [("127.0.0.1", console.port)]


def test_a_page_of_another_site_in_the_same_browser_is_refused(console, visit, elsewhere):
    page = visit(console)
    # `visit` watches what its own page asks for; the intruder is a second page of the same browser.
    intruder = page.context.new_page()
    intruder.goto(f"{elsewhere}#{console.at}")
    intruder.wait_for_function("window.told !== undefined")
    socket, _, read = intruder.evaluate("window.told")
    assert (socket, read) == ("refused", "refused")
    statuses = []
    intruder.on("response", lambda r: statuses.append(r.status) if r.url.startswith(console.at) else None)
    intruder.reload()
    intruder.wait_for_function("window.told !== undefined")
    assert statuses and set(statuses) == {403}


def test_a_browser_without_the_token_is_refused(console, chromium):
    context = chromium.new_context()
    page = context.new_page()
    assert page.goto(console.at + "/runs").status == 403
    assert "Open the address" in page.content()
    assert page.goto(console.at + "/?token=guess").status == 403
    assert page.goto(console.address).status == 200
    assert "token" not in page.url
    context.close()
