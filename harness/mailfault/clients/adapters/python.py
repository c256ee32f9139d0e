"""`python:package.module:function`: a callable `deliver(target: Target) -> Answer`, or a coroutine function.

It may also return the answer as the contract writes it in JSON (a dict). Which policies of a recipient's domain it
heeds it says in an attribute, `deliver.policies = ("dane", "mta-sts")`, or in its profile. It refuses a target by
raising Unsupported. An exception that it lets through is classified where it is a known one of smtplib, aiosmtplib,
dnspython, ssl or socket, and otherwise is a crash.
"""

import difflib
import functools
import importlib
import inspect
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from mailfault.clients.adapter import Adapter
from mailfault.clients.client import Client
from mailfault.clients.client_profile import ClientProfile
from mailfault.clients.errors import ClientError
from mailfault.clients.library.deadline import Overdue, run_coroutine, within_deadline
from mailfault.clients.library.exception_answer import answer_from, crash_reason
from mailfault.clients.placement import Placement
from mailfault.contract import Answer, Answered, BadAnswer, Crashed, Declined, DeliveryResult, Hung, Target, Unsupported

_USAGE = "package.module:function"


class CallableClient:
    """A callable in this process."""

    def __init__(
        self,
        function: Callable[[Target], Any],
        *,
        spec: str,
        name: str | None = None,
        profile: ClientProfile | None = None,
        where: Placement = Placement.IN_PROCESS,
    ) -> None:
        """`where`: REOPENABLE if `open_client(spec)` gives the same client in another process."""
        self._function = function
        self._profile = profile or ClientProfile()
        self._policies: tuple[str, ...] = tuple(getattr(_innermost(function), "policies", ()))
        self.spec = spec
        self.where = where
        self.name = name or self._profile.name or spec.removeprefix("python:")

    def supports(self, scenario_id: str, target: Target) -> str | None:
        return self._profile.why_not(scenario_id, target, heeds=self._policies)

    def deliver(self, target: Target, *, deadline_s: float) -> DeliveryResult:
        return within_deadline(lambda: call(self._function, target, deadline_s=deadline_s), deadline_s=deadline_s)

    def close(self) -> None:
        pass


def call(function: Callable[[Target], Any], target: Target, *, deadline_s: float) -> DeliveryResult:
    """Call a client's function once, in this thread, and say how it ended. A coroutine is cancelled at the deadline."""
    try:
        said = function(target)
        if inspect.iscoroutine(said):
            said = run_coroutine(said, deadline_s=deadline_s)
        return _read(said)
    except Overdue:
        return Hung(deadline_s)
    except Unsupported as refusal:
        return Declined(str(refusal) or "it raised Unsupported without a reason")
    except BaseException as error:  # SystemExit too is something that a client did
        answer = answer_from(error, said_by="exception")
        return Answered(answer) if answer is not None else Crashed(crash_reason(error))


def _innermost(function: Callable[[Target], Any]) -> Callable[[Target], Any]:
    """What the caller wrote: it is there that an attribute would be."""
    return function.func if isinstance(function, functools.partial) else function


def _read(said: object) -> DeliveryResult:
    if isinstance(said, Answer):
        said_json: object = said.to_json()
    elif isinstance(said, dict):
        said_json = said
    else:
        return Crashed(f"it returned {said!r:.200}; it has to return an Answer, or the same as a dict")
    try:
        read = Answer.from_json(said_json)
    except BadAnswer as error:
        return Crashed(f"{error} (it returned {said!r:.200})")
    return Answered(said if isinstance(said, Answer) else read)


def load_callable(what: str) -> Callable[[Target], Any]:
    """Import what "package.module:function" names, also from the current directory. Raises ClientError."""
    module_name, colon, path = what.partition(":")
    if not (colon and module_name and path):
        raise ClientError(f"--client 'python:{what}' does not name a function; write it like python:{_USAGE}")
    found: Any = _import(module_name, what)
    for attribute in path.split("."):
        if not hasattr(found, attribute):
            near = difflib.get_close_matches(attribute, [name for name in dir(found) if not name.startswith("_")], n=1)
            hint = f"did you mean {near[0]!r}?" if near else f"look into {getattr(found, '__file__', found)}"
            raise ClientError(f"--client 'python:{what}': {module_name} has no {attribute!r}; {hint}")
        found = getattr(found, attribute)
    if not callable(found):
        raise ClientError(
            f"--client 'python:{what}': {path!r} is {type(found).__name__}, which cannot be called; name a function "
            "deliver(target) -> Answer"
        )
    _check_signature(found, what)
    return functools.partial(found)


def _import(module_name: str, what: str) -> Any:
    here = str(Path.cwd())
    if here not in sys.path:
        sys.path.insert(0, here)
    try:
        return importlib.import_module(module_name)
    except ModuleNotFoundError as error:
        if error.name is not None and (module_name == error.name or module_name.startswith(f"{error.name}.")):
            hint = f"it was looked for in {here} and among the installed packages"
            raise ClientError(f"--client 'python:{what}': there is no module {error.name!r}; {hint}") from error
        raise ClientError(
            f"--client 'python:{what}': {module_name} imports {error.name!r}, which is not installed here"
        ) from error
    except BaseException as error:  # a module may raise anything, SystemExit included
        if isinstance(error, KeyboardInterrupt):
            raise
        raise ClientError(f"--client 'python:{what}': importing {module_name} fails: {crash_reason(error)}") from error


def _check_signature(function: Callable[..., Any], what: str) -> None:
    try:
        signature = inspect.signature(function)
    except (TypeError, ValueError):
        return  # written in C: it says nothing about its arguments
    try:
        signature.bind(None)
    except TypeError:
        raise ClientError(
            f"--client 'python:{what}': it is called with the target alone and takes {signature}; "
            "write it like deliver(target) -> Answer"
        ) from None


def _open(what: str, profile: ClientProfile | None) -> Client:
    return CallableClient(load_callable(what), spec=f"python:{what}", profile=profile, where=Placement.REOPENABLE)


ADAPTER = Adapter(
    name="python",
    what="a function of yours, deliver(target) -> Answer, or a coroutine function",
    usage=_USAGE,
    open=_open,
)
