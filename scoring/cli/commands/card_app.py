"""The command family ``creditloop card``."""

from __future__ import annotations

import typer

card_app = typer.Typer(no_args_is_help=True, help="Train, inspect, compare and release scorecards.")
