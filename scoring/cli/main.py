"""The ``creditloop`` command.

Exit codes: 0 done, 1 data refused or gate closed, 2 usage or configuration, 3 transient; 130 or 143
when a signal ended it.
"""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from scoring import __version__
from scoring.cli import commands
from scoring.cli.console import configure_logging, err
from scoring.cli.termination import announce_termination
from scoring.system_errors import as_known_error

app = typer.Typer(
    name="creditloop",
    help="A nightly credit-scoring warehouse: files in, explained scores out.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


def _show_version(value: bool) -> None:
    if value:
        typer.echo(f"creditloop {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    *,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Log every detail.")] = False,
    version: Annotated[  # noqa: ARG001 - handled by its callback
        bool, typer.Option("--version", callback=_show_version, is_eager=True)
    ] = False,
) -> None:
    configure_logging(verbose=verbose)


commands.register(app)


def main() -> None:
    """Run the command line; a known error becomes one line on stderr and its exit code."""
    announce_termination()
    try:
        app()
    except Exception as error:
        known = as_known_error(error)
        if known is not None:
            err.print(f"creditloop: {known}", style="red", markup=False, highlight=False)
            sys.exit(known.exit_code)
        # A defect, not a user's mistake. Its text may quote data, so it is shown only on request.
        if "--verbose" in sys.argv or "-v" in sys.argv:
            raise
        err.print(
            f"creditloop: unforeseen {type(error).__name__}; repeat as `creditloop --verbose ...`"
            " for its trace (which may quote data) and report it.",
            style="red",
            markup=False,
            highlight=False,
        )
        sys.exit(1)
    except KeyboardInterrupt:
        err.print("creditloop: interrupted; the same command continues where it stopped.")
        sys.exit(130)


if __name__ == "__main__":
    main()
