"""Faults: how one server departs from what an honest server would do, and the register of all of them.

A fault is one class in one file below a folder named `faults`; its id is its place (`smtp/faults/close.py`
is `smtp.close`). It is asked about every event of its server and given what an honest server would do; it answers
with what is to be done instead. That it acted is recorded by the engine, not by the author.
"""

import difflib
import functools
import importlib
import pkgutil
import re
from collections.abc import Iterable, Sequence
from typing import Annotated, Any, ClassVar, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from mailfault_servers.action import Action
from mailfault_servers.clock import Clock
from mailfault_servers.facts import FaultActed
from mailfault_servers.journal import Journal

LAYERS = ("udp", "dns", "https", "wire", "tcp", "proxy", "smtp", "tls")
"""The servers that have faults, in the order a delivery meets them."""

_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}


def seconds(value: object) -> object:
    """Read a length of time: `"250ms"`, `"3s"`, `"2m"`, `"3h"`, `"1d"`, or a number of seconds."""
    if isinstance(value, str):
        found = re.fullmatch(r"(\d+(?:\.\d+)?)\s*(ms|s|m|h|d)", value.strip())
        if found is None:
            raise ValueError(f"{value!r} is not a length of time; write it like '250ms', '3s', '2m', '3h' or '1d'")
        return float(found[1]) * _UNITS[found[2]]
    return value


Seconds = Annotated[float, BeforeValidator(seconds, json_schema_input_type=float | str), Field(ge=0)]
"""A length of time in seconds, written as a number or with a unit."""


class Event:
    """Something that a server has to answer. Each kind of server has its own events."""

    __slots__ = ()


class Fault(BaseModel):
    """One deviation of one server from honest behaviour. The docstring of a fault is text for its user."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    id: ClassVar[str] = ""
    former_ids: ClassVar[tuple[str, ...]] = ()
    """Ids of earlier versions, which scenario files may still use."""
    needs_link: ClassVar[bool] = False
    """Whether it needs a link of the world's own between client and servers, which loopback is not."""
    loses_packets: ClassVar[bool] = False
    """Whether it is met only once a packet was lost."""

    times: Annotated[int, Field(ge=1)] | None = None
    """Act so many times, then be honest. Absent: always."""
    attempts: tuple[Annotated[int, Field(ge=1)], ...] | None = None
    """Act only in these deliveries, counted from 1: attempts at one message, or one message after another. Absent: in
    all."""
    until: Seconds | None = None
    """Act only for so long after the world was started. Absent: for ever."""
    optional: bool = False
    """A right client may never meet it. Without this a scenario in which the fault did not act is not-reached."""

    def react(self, event: Event, honest: Sequence[Action]) -> Sequence[Action]:
        """What to do about `event`, given what would be done without this fault."""
        raise NotImplementedError(f"{type(self).__name__} does not say how it reacts")

    def describe(self) -> dict[str, Any]:
        """The fault as it stands in a scenario file: `use` and what differs from the defaults."""
        return {"use": self.id, **self.model_dump(mode="json", exclude_defaults=True)}


class UnknownFault(LookupError):
    """There is no fault of that id; the message names the nearest ones."""


class DuplicateFault(RuntimeError):
    """Two fault classes would have one id."""


_register: dict[str, type[Fault]] = {}
_F = TypeVar("_F", bound=type[Fault])


def fault(cls: _F) -> _F:
    """Enter a fault class into the register, under the id that its module's place gives it.

    Raises DuplicateFault where another class has that id already.
    """
    parts = [part for part in cls.__module__.removeprefix("mailfault_servers.").split(".") if part != "faults"]
    identity = ".".join(part.replace("_", "-") for part in parts)
    known = _register.get(identity)
    if known is not None and known.__qualname__ != cls.__qualname__:
        raise DuplicateFault(f"{identity} is {known.__qualname__} already; {cls.__qualname__} needs a file of its own")
    cls.id = identity
    _register[identity] = cls
    return cls


def all_faults() -> dict[str, type[Fault]]:
    """Every fault there is, by id, in the order of ids."""
    _import_all()
    return dict(sorted(_register.items()))


@functools.cache
def _import_all() -> None:
    for layer in LAYERS:
        package = importlib.import_module(f"mailfault_servers.{layer}.faults")
        for module in pkgutil.iter_modules(package.__path__):
            importlib.import_module(f"{package.__name__}.{module.name}")


def find_fault(identity: str) -> type[Fault]:
    """Return the fault class of an id or a former id. Raises UnknownFault, which names the nearest known ids."""
    if identity in _register:
        return _register[identity]
    known = all_faults()
    current = {former: cls for cls in known.values() for former in cls.former_ids}
    if (cls := known.get(identity) or current.get(identity)) is not None:
        return cls
    near = difflib.get_close_matches(identity, known, n=3, cutoff=0.5)
    hint = f"did you mean {' or '.join(near)}?" if near else f"known are {', '.join(known)}"
    raise UnknownFault(f"there is no fault {identity!r}; {hint}")


class Faults:
    """The faults of one server, in force: keeps count of their schedules and records each time one acts."""

    def __init__(self, faults: Iterable[Fault], *, server: str, journal: Journal, clock: Clock) -> None:
        self._faults = tuple(faults)
        self._used = [0] * len(self._faults)
        self._server = server
        self._journal = journal
        self._clock = clock
        self._began_s = clock.elapsed_s()

    def react(
        self, event: Event, honest: Sequence[Action], *, session: int | None = None, at: str = ""
    ) -> tuple[Action, ...]:
        """What the server does about `event`. `at` says in the journal where in the session that was."""
        actions = tuple(honest)
        for position, one in enumerate(self._faults):
            if not self._is_due(one, position):
                continue
            changed = tuple(one.react(event, actions))
            if changed != actions:
                self._used[position] += 1
                self._journal.record(self._server, FaultActed(fault=one.id, at=at), session=session)
                actions = changed
        return actions

    def _is_due(self, one: Fault, position: int) -> bool:
        if one.times is not None and self._used[position] >= one.times:
            return False
        if one.attempts is not None and self._journal.attempt not in one.attempts:
            return False
        return one.until is None or self._clock.elapsed_s() - self._began_s < one.until
