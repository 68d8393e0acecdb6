"""The training libraries: an extra that nobody needs who only scores."""

from __future__ import annotations

import contextlib
import importlib
import io
import warnings
from types import ModuleType

from scoring.errors import ConfigurationError

EXTRA = "train"


def require_library(module_name: str) -> ModuleType:
    """Import a training library.

    What a library prints or warns of while it is imported says nothing to our user and is dropped.

    Raises:
        ConfigurationError: It is not installed.
    """
    try:
        with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
            warnings.simplefilter("ignore")
            return importlib.import_module(module_name)
    except ImportError:
        raise ConfigurationError(
            "training library missing",
            subject="card train",
            expected=f"the packages of the extra [{EXTRA}]",
            got=f"no {module_name.partition('.')[0]}",
            next_step=f"Install them: pip install 'creditloop[{EXTRA}]'",
        ) from None
