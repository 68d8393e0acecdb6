"""What may be said of an error: texts of databases can carry values of rows."""

from __future__ import annotations

import re

import jinja2

_SAFE_DETAIL = re.compile(
    r"(?:Binder|Catalog|Parser|IO) Error: [^\n]{1,200}"
    r"|The column \"[^\"\n]{1,80}\" in BatchData does not exist"
    r"|No expectation found with name [^\s]{1,80}"
)


def describe_problem(error: Exception | str) -> str:
    """An error without values of rows.

    Args:
        error: An exception, or message and traceback of one as text.

    Returns:
        Its kind; with its text only where that is about tables, columns or files.
    """
    found = _SAFE_DETAIL.search(str(error))
    if found:
        return found.group(0)
    if isinstance(error, LookupError | jinja2.TemplateError):
        return f"{type(error).__name__}: {error}"
    if isinstance(error, Exception):
        return type(error).__name__
    kinds = re.findall(r"^(?:[\w.]+\.)?(\w*(?:Error|Exception))\b", error, flags=re.MULTILINE)
    return kinds[-1] if kinds else "unknown error"
