"""A client's Python function: imported by its name, and called once for a delivery.

This module runs in the process of a `python:` client too, so it imports the standard library and pure modules only.
"""

import difflib
import functools
import importlib
import inspect
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from mailfault.clients.errors import ClientError
from mailfault.clients.library.deadline import Overdue, run_coroutine
from mailfault.clients.library.exception_answer import answer_from, crash_reason
from mailfault.contract import Answer, Answered, BadAnswer, Crashed, Declined, DeliveryResult, Hung, Target, Unsupported

USAGE = "package.module:function"


def call(function: Callable[[Target], Any], target: Target, *, deadline_s: float) -> DeliveryResult:
    """Call a client's function once, in this thread, and return the result. Cancel a coroutine at the deadline."""
    try:
        return call_or_exit(function, target, deadline_s=deadline_s)
    except SystemExit as error:
        return Crashed(crash_reason(error))


def call_or_exit(function: Callable[[Target], Any], target: Target, *, deadline_s: float) -> DeliveryResult:
    """Do the same, but let SystemExit through.

    It is never classified: a client that exits has given no answer, whatever error it handled at the time.
    """
    try:
        returned = function(target)
        if inspect.iscoroutine(returned):
            returned = run_coroutine(returned, deadline_s=deadline_s)
        return _read(returned)
    except Overdue:
        return Hung(deadline_s)
    except Unsupported as refusal:
        return Declined(str(refusal) or "it raised Unsupported without a reason")
    except SystemExit:
        raise
    except BaseException as error:
        answer = answer_from(error, said_by="exception")
        return Answered(answer) if answer is not None else Crashed(crash_reason(error))


def policies_of(function: Callable[[Target], Any]) -> tuple[str, ...]:
    """Return the domain policies that the caller's own function declares in its attribute `policies`."""
    return tuple(str(policy) for policy in getattr(_innermost(function), "policies", ()))


def is_composing(function: Callable[[Target], Any]) -> bool:
    """Return the attribute `composes`: True if the function composes the message (see `clients.composition`)."""
    return bool(getattr(_innermost(function), "composes", False))


def is_checking_revocation(function: Callable[[Target], Any]) -> bool:
    """Return the attribute `revocation`: True if the function checks revocation lists."""
    return bool(getattr(_innermost(function), "revocation", False))


def _innermost(function: Callable[[Target], Any]) -> Callable[[Target], Any]:
    return function.func if isinstance(function, functools.partial) else function


def _read(returned: object) -> DeliveryResult:
    if isinstance(returned, Answer):
        data: object = returned.to_json()
    elif isinstance(returned, dict):
        data = returned
    else:
        return Crashed(f"it returned {returned!r:.200}; it has to return an Answer, or the same as a dict")
    try:
        answer = Answer.from_json(data)
    except BadAnswer as error:
        return Crashed(f"{error} (it returned {returned!r:.200})")
    return Answered(returned if isinstance(returned, Answer) else answer)


def load_callable(named: str, *, kind: str = "python") -> Callable[[Target], Any]:
    """Import the callable that "package.module:function" names, also from the current directory. Raises ClientError.

    `kind` is the part of the --client string before the first colon, for the error.
    """
    spec = f"--client '{kind}:{named}'"
    module_name, colon, path = named.partition(":")
    if not (colon and module_name and path):
        raise ClientError(f"{spec} does not name a function; write it like python:{USAGE}")
    found: Any = _import(module_name, spec)
    for attribute in path.split("."):
        if not hasattr(found, attribute):
            near = difflib.get_close_matches(attribute, [name for name in dir(found) if not name.startswith("_")], n=1)
            hint = f"did you mean {near[0]!r}?" if near else f"look into {getattr(found, '__file__', found)}"
            raise ClientError(f"{spec}: {module_name} has no {attribute!r}; {hint}")
        found = getattr(found, attribute)
    if not callable(found):
        raise ClientError(
            f"{spec}: {path!r} is {type(found).__name__}, which cannot be called; name a function "
            "deliver(target) -> Answer"
        )
    _check_signature(found, spec)
    return functools.partial(found)


def _import(module_name: str, spec: str) -> Any:
    here = str(Path.cwd())
    if here not in sys.path:
        sys.path.insert(0, here)
    try:
        return importlib.import_module(module_name)
    except ModuleNotFoundError as error:
        if error.name is not None and (module_name == error.name or module_name.startswith(f"{error.name}.")):
            hint = f"it was looked for in {here} and among the installed packages"
            raise ClientError(f"{spec}: there is no module {error.name!r}; {hint}") from error
        raise ClientError(f"{spec}: {module_name} imports {error.name!r}, which is not installed here") from error
    except BaseException as error:  # a module may raise SystemExit, too
        if isinstance(error, KeyboardInterrupt):
            raise
        raise ClientError(f"{spec}: importing {module_name} fails: {crash_reason(error)}") from error


def _check_signature(function: Callable[..., Any], spec: str) -> None:
    try:
        signature = inspect.signature(function)
    except (TypeError, ValueError):
        return  # a C function without a signature
    try:
        signature.bind(None)
    except TypeError:
        raise ClientError(
            f"{spec}: it is called with the target alone and takes {signature}; write it like deliver(target) -> Answer"
        ) from None
