"""The command that serves pages; what it imports is light, so that the first page stands within a second."""

from __future__ import annotations

import os
import sys
from typing import Annotated

import typer

from abate_data.errors import InputError

#: Exit codes, as those of the other commands: bad input, interrupted.
INVALID, INTERRUPTED = 2, 130

app = typer.Typer(
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def main() -> None:
    """Run this command alone, without importing what the others need."""
    try:
        app(sys.argv[2:], prog_name="abate serve")
    except InputError as error:
        typer.echo("\n".join(str(finding) for finding in error.findings), err=True)
        sys.exit(INVALID)
    except SystemExit as stop:
        if stop.code == INTERRUPTED:
            # libraries may still be loading in the background, and a normal end would wait for them
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(INTERRUPTED)
        raise


@app.command(epilog="Example: abate serve my-cases")
def serve(
    place: Annotated[
        str,
        typer.Argument(metavar="FOLDER-OR-LEDGER", help="A folder of cases and ledgers, or one ledger (file or URL)."),
    ],
    host: Annotated[
        str,
        typer.Option(metavar="ADDRESS", help="Where to listen; elsewhere than on this machine a token is asked for."),
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port; 0 takes any that is free.")] = 8400,
    token: Annotated[
        str | None,
        typer.Option(
            metavar="TEXT",
            envvar="ABATE_SERVE_TOKEN",
            help="What a visitor has to show once.  [default: none on this machine; elsewhere one is made]",
            show_default=False,
        ),
    ] = None,
) -> None:
    """Serve pages over a ledger and cases: cycles, warnings, plans and comparisons; Ctrl-C ends it."""
    from abate.serve.places import places_of
    from abate.serve.run import access_for, listen
    from abate.serve.run import serve as run

    places = places_of(place)
    access = access_for(host, token)
    opened = listen(host, port)

    def tell(address: str) -> None:
        typer.echo(f"{places.shown} is served at {address}\nCtrl-C ends it")
        if access.addresses:
            typer.echo("what is sent over the network is not encrypted: use it in a network that you trust")

    try:
        run(places, access, opened, tell=tell)
    except KeyboardInterrupt:
        raise typer.Exit(INTERRUPTED) from None
