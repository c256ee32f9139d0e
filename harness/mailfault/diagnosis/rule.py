"""Rules as functions: the function's name is the rule's, and its docstring says what it is about. Pure."""

import inspect
from collections.abc import Callable
from typing import Any


def name_of(find: Callable[..., Any]) -> str:
    """Return the name of a rule, with hyphens."""
    return find.__name__.replace("_", "-")


def description_of(find: Callable[..., Any]) -> str:
    """Return the first paragraph of a rule's docstring, as one line."""
    return " ".join((inspect.getdoc(find) or "").split("\n\n")[0].split())
