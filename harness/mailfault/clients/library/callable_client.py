"""Clients that are a Python callable, run in this process."""

import difflib
import functools
import importlib
import inspect
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, Self

from mailfault.clients.adapter import Adapter
from mailfault.clients.client_profile import ClientProfile, shipped_profile
from mailfault.clients.errors import ClientError
from mailfault.clients.library.deadline import Overdue, run_coroutine, within_deadline
from mailfault.clients.library.exception_answer import answer_from, crash_reason
from mailfault.clients.placement import Placement
from mailfault.clients.process.probe import Availability
from mailfault.contract import Answer, Answered, BadAnswer, Crashed, Declined, DeliveryResult, Hung, Target, Unsupported

USAGE = "package.module:function"


class CallableClient:
    """A function `deliver(target) -> Answer`, or a coroutine function, called in this process."""

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
        self._checks_revocation = bool(getattr(_innermost(function), "revocation", False))
        self.spec = spec
        self.where = where
        self.name = name or self._profile.name or spec.removeprefix("python:")

    @classmethod
    def load(cls, path: str, profile: ClientProfile | None) -> Self:
        """Import the callable that "package.module:function" names. Raises ClientError."""
        return cls(load_callable(path), spec=f"python:{path}", profile=profile, where=Placement.REOPENABLE)

    def supports(self, scenario_id: str, target: Target) -> str | None:
        return self._profile.why_not(
            scenario_id, target, also_follows=self._policies, also_checks_revocation=self._checks_revocation
        )

    def deliver(self, target: Target, *, deadline_s: float) -> DeliveryResult:
        return within_deadline(lambda: call(self._function, target, deadline_s=deadline_s), deadline_s=deadline_s)

    def close(self) -> None:
        pass


def call(function: Callable[[Target], Any], target: Target, *, deadline_s: float) -> DeliveryResult:
    """Call a client's function once, in this thread, and return the result. Cancel a coroutine at the deadline."""
    try:
        returned = function(target)
        if inspect.iscoroutine(returned):
            returned = run_coroutine(returned, deadline_s=deadline_s)
        return _read(returned)
    except Overdue:
        return Hung(deadline_s)
    except Unsupported as refusal:
        return Declined(str(refusal) or "it raised Unsupported without a reason")
    except BaseException as error:  # a client may raise SystemExit, too
        answer = answer_from(error, said_by="exception")
        return Answered(answer) if answer is not None else Crashed(crash_reason(error))


def _innermost(function: Callable[[Target], Any]) -> Callable[[Target], Any]:
    """Return the caller's own function, which may have the attributes `policies` and `revocation`."""
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


def load_callable(named: str) -> Callable[[Target], Any]:
    """Import the callable that "package.module:function" names, also from the current directory. Raises ClientError."""
    module_name, colon, path = named.partition(":")
    if not (colon and module_name and path):
        raise ClientError(f"--client 'python:{named}' does not name a function; write it like python:{USAGE}")
    found: Any = _import(module_name, named)
    for attribute in path.split("."):
        if not hasattr(found, attribute):
            near = difflib.get_close_matches(attribute, [name for name in dir(found) if not name.startswith("_")], n=1)
            hint = f"did you mean {near[0]!r}?" if near else f"look into {getattr(found, '__file__', found)}"
            raise ClientError(f"--client 'python:{named}': {module_name} has no {attribute!r}; {hint}")
        found = getattr(found, attribute)
    if not callable(found):
        raise ClientError(
            f"--client 'python:{named}': {path!r} is {type(found).__name__}, which cannot be called; name a function "
            "deliver(target) -> Answer"
        )
    _check_signature(found, named)
    return functools.partial(found)


def _import(module_name: str, named: str) -> Any:
    here = str(Path.cwd())
    if here not in sys.path:
        sys.path.insert(0, here)
    try:
        return importlib.import_module(module_name)
    except ModuleNotFoundError as error:
        if error.name is not None and (module_name == error.name or module_name.startswith(f"{error.name}.")):
            hint = f"it was looked for in {here} and among the installed packages"
            raise ClientError(f"--client 'python:{named}': there is no module {error.name!r}; {hint}") from error
        raise ClientError(
            f"--client 'python:{named}': {module_name} imports {error.name!r}, which is not installed here"
        ) from error
    except BaseException as error:  # a module may raise SystemExit, too
        if isinstance(error, KeyboardInterrupt):
            raise
        raise ClientError(f"--client 'python:{named}': importing {module_name} fails: {crash_reason(error)}") from error


def _check_signature(function: Callable[..., Any], named: str) -> None:
    try:
        signature = inspect.signature(function)
    except (TypeError, ValueError):
        return  # a C function without a signature
    try:
        signature.bind(None)
    except TypeError:
        raise ClientError(
            f"--client 'python:{named}': it is called with the target alone and takes {signature}; "
            "write it like deliver(target) -> Answer"
        ) from None


def callable_adapter(
    name: str,
    what: str,
    *,
    deliver: Callable[[Target], Any],
    title: Callable[[], str],
    version: Callable[[], str],
) -> Adapter:
    """Return the adapter of a function in this package, with the profile of the same name.

    `title` returns the client's name for a person, `version` that of its library.
    """

    def create(argument: str, profile: ClientProfile | None) -> CallableClient:
        return CallableClient(
            deliver,
            spec=name,
            name=title(),
            profile=profile if profile is not None else shipped_profile(name),
            where=Placement.REOPENABLE,
        )

    return Adapter(name=name, what=what, create=create, check=lambda: Availability(version=version()))
