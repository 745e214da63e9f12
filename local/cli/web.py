"""The command that serves the console."""

import typer

from local.cli.app import app, console


@app.command(name="console")
def show(
    port: int = typer.Option(
        8500, min=0, max=65535, help="Where to listen, on loopback alone; 0 for a free port."
    ),
    browser: bool = typer.Option(True, help="Open it in the browser."),
) -> None:
    """See and steer the stack in the browser: freshness, runs, quality, business, ledger, resources."""
    from local.console.server import serve
    from local.stack import LocalStack

    def told(address: str) -> None:
        console.print(f"The console is at {address}", highlight=False, soft_wrap=True)
        console.print("The address lets in whoever has it. Ctrl-C ends the console.", style="dim")

    serve(LocalStack.open(), port, show=browser, told=told)
