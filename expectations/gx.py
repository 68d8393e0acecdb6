"""Great Expectations, imported quickly and kept quiet.

Its import loads statistics and charting libraries for one expectation that no suite here uses; they
cost more than half of the time and are therefore imported only when something touches them.
"""

from __future__ import annotations

import atexit
import importlib
import logging
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any

_DEFERRED = ("scipy.stats", "altair")


class _DeferredModule(ModuleType):
    """Stands in for a module while another one is imported; resolves to it on first use."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return getattr(importlib.import_module(self.__name__), name)


@contextmanager
def _deferred(names: tuple[str, ...]) -> Iterator[None]:
    """Let imports in the block bind placeholders; ``sys.modules`` is left as it was found."""
    placeholders = {name: _DeferredModule(name) for name in names if name not in sys.modules}
    sys.modules.update(placeholders)
    try:
        yield
    finally:
        for name in placeholders:
            del sys.modules[name]


@contextmanager
def quiet() -> Iterator[None]:
    """Keep Great Expectations' log lines off the terminal.

    Whatever it logs about an expectation is in that expectation's result as well, and its log lines
    can carry values of rows.
    """
    logger = logging.getLogger("great_expectations")
    was_propagating, nowhere = logger.propagate, logging.NullHandler()
    logger.propagate = False
    logger.addHandler(nowhere)
    try:
        yield
    finally:
        logger.removeHandler(nowhere)
        logger.propagate = was_propagating


with quiet(), _deferred(_DEFERRED), warnings.catch_warnings():
    # Great Expectations imports modules that Python has renamed.
    # Where PySpark is installed, Great Expectations imports it.
    warnings.filterwarnings("ignore", "PySpark does not yet fully support pandas", FutureWarning)
    warnings.filterwarnings("ignore", r"module 'sre_\w+' is deprecated", DeprecationWarning)
    import duckdb_engine
    import great_expectations


def _release_duckdb_types() -> None:
    """Drop DuckDB's type constants at exit.

    With duckdb_engine and Great Expectations in one process the interpreter ends before it frees
    them, and DuckDB's binding prints a "leaked" line for each on the user's terminal.
    """
    for name, module in list(sys.modules.items()):
        if name.split(".")[0] in {"duckdb", "_duckdb"}:
            for attribute, value in list(vars(module).items()):
                if type(value).__name__ == "DuckDBPyType":
                    delattr(module, attribute)


atexit.register(_release_duckdb_types)

__all__ = ["duckdb_engine", "great_expectations", "quiet"]
