"""`make pictures`: a picture of every page of the console, of a stack that was filled for it, into docs/pictures."""

import sys
import tempfile
from pathlib import Path

from console_process import chromium, serve
from filled_stack import fill
from playwright.sync_api import Page

from local import engine
from local.stack import LocalStack
from local.state import PROJECT, State

FOLDER = PROJECT / "docs" / "pictures"
MOST_BYTES = 200_000
TRIPS, RUNS = 60_000, 500
WIDE, PHONE = {"width": 1280, "height": 860}, {"width": 390, "height": 760}
# Name, address, colours, size; `{run}` and `{other}` are two runs.
PICTURES = (
    ("now", "/", "light", WIDE),
    ("runs", "/runs", "light", WIDE),
    ("run", "/runs/{run}", "light", WIDE),
    ("compare", "/compare?a={run}&b={other}", "light", WIDE),
    ("quality", "/quality?table=trip", "light", WIDE),
    ("business", "/business", "light", WIDE),
    ("business-demand", "/business?page=Demand by zone and hour", "light", WIDE),
    ("ledger", "/ledger?table=trip", "light", WIDE),
    ("lineage", "/lineage", "light", WIDE),
    ("resources", "/resources?find=trigger", "light", WIDE),
    ("panels", "/panels", "light", WIDE),
    ("dark", "/business?page=Revenue", "dark", WIDE),
    ("phone", "/quality", "light", PHONE),
)


def ready(page: Page) -> None:
    """Wait until the page has what it shows: its title, no spinner, charts drawn."""
    page.wait_for_selector("[role=heading][aria-level='1']")
    page.wait_for_selector(".q-spinner", state="detached", timeout=60_000)
    page.wait_for_timeout(900)


def take(stack: LocalStack, folder: Path) -> list[Path]:
    """Take every picture, and give their files.

    Raises:
        SystemExit: a page shows an error, or a picture is larger than it may be.
    """
    runs = stack.ask("select run_id from control.run_list order by batch_id desc limit 2")
    named = {"run": runs[0]["run_id"], "other": runs[1]["run_id"]}
    folder.mkdir(parents=True, exist_ok=True)
    taken = []
    with serve(stack) as console, chromium() as browser:
        for name, address, colours, size in PICTURES:
            context = browser.new_context(
                viewport=size, color_scheme=colours, timezone_id="America/New_York", locale="en-US"
            )
            page = context.new_page()
            page.goto(console.address)
            page.goto(console.at + address.format(**named))
            ready(page)
            if page.get_by_role("alert").count():
                sys.exit(f"pictures: {address} says {page.get_by_role('alert').first.text_content()}")
            path = folder / f"{name}.png"
            page.screenshot(path=path)
            context.close()
            if path.stat().st_size > MOST_BYTES:
                sys.exit(f"pictures: {path} has {path.stat().st_size:,} bytes, more than {MOST_BYTES:,}")
            taken.append(path)
            print(f"{path.relative_to(PROJECT)}  {path.stat().st_size / 1000:.0f} kB", flush=True)
    return taken


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="highwater-pictures-") as folder:
        state = State(Path(folder) / "highwater")
        engine.up(state)
        stack = LocalStack.open(state)
        try:
            fill(stack, trips=TRIPS, runs=RUNS)
            take(stack, FOLDER)
        finally:
            engine.destroy(state)


if __name__ == "__main__":
    main()
