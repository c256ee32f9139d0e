"""Faults: the ways in which one server departs from honest behaviour, and the register of all of them.

A fault is one class in one file below a folder named `faults`. File, id and class have one name: `smtp/faults/close.py`
holds `Close`, whose id is `smtp.close`. A server asks the fault about each event and passes the actions of an honest
server; the fault returns the actions to run instead. The engine, not the fault's author, records that the fault acted.
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
"""Packages that have faults, in the order in which a delivery meets them."""

_PACKAGE = __name__.partition(".")[0]
_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}


def seconds(value: object) -> object:
    """Read a duration: `"250ms"`, `"3s"`, `"2m"`, `"3h"`, `"1d"`, or a number of seconds."""
    if isinstance(value, str):
        found = re.fullmatch(r"(\d+(?:\.\d+)?)\s*(ms|s|m|h|d)", value.strip())
        if found is None:
            raise ValueError(f"{value!r} is not a length of time; write it like '250ms', '3s', '2m', '3h' or '1d'")
        return float(found[1]) * _UNITS[found[2]]
    return value


Seconds = Annotated[float, BeforeValidator(seconds, json_schema_input_type=float | str), Field(ge=0)]
"""A duration in seconds, written as a number or with a unit."""


class Event:
    """An event that a server has to answer. Each kind of server has its own events."""

    __slots__ = ()


class Fault(BaseModel):
    """One deviation of one server from honest behaviour. The docstring of a fault is text for its user."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    id: ClassVar[str] = ""
    layer: ClassVar[str] = ""
    """The package that the fault belongs to, one of LAYERS: the first part of its id."""
    former_ids: ClassVar[tuple[str, ...]] = ()
    """Ids of earlier versions, which scenario files may still use."""
    needs_link: ClassVar[bool] = False
    """True if it needs a link of its own between client and servers, which loopback is not."""
    loses_packets: ClassVar[bool] = False
    """True if it counts as met only once a packet was lost."""

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
        """Return the actions to run for `event`, given the actions without this fault."""
        raise NotImplementedError(f"{type(self).__name__} does not say how it reacts")

    def describe(self) -> dict[str, Any]:
        """Return the fault as a scenario file writes it: `use` and the values that differ from the defaults."""
        return {"use": self.id, **self.model_dump(mode="json", exclude_defaults=True)}


class UnknownFault(LookupError):
    """No fault has that id; the message names the nearest ids."""


class DuplicateFault(RuntimeError):
    """Two fault classes would have one id."""


_register: dict[str, type[Fault]] = {}
_F = TypeVar("_F", bound=type[Fault])


def fault(cls: _F) -> _F:
    """Enter a fault class into the register, under the id that the place of its module gives it.

    Raises DuplicateFault if another class has that id.
    """
    layer, *inner = [part for part in cls.__module__.removeprefix(f"{_PACKAGE}.").split(".") if part != "faults"]
    identity = ".".join((layer, *(part.replace("_", "-") for part in inner)))
    known = _register.get(identity)
    if known is not None and known.__qualname__ != cls.__qualname__:
        raise DuplicateFault(f"{identity} is {known.__qualname__} already; {cls.__qualname__} needs a file of its own")
    cls.id, cls.layer = identity, layer
    _register[identity] = cls
    return cls


def all_faults() -> dict[str, type[Fault]]:
    """Return every fault by id, in the order of ids."""
    _import_all()
    return dict(sorted(_register.items()))


@functools.cache
def _import_all() -> None:
    for layer in LAYERS:
        package = importlib.import_module(f"{_PACKAGE}.{layer}.faults")
        for module in pkgutil.iter_modules(package.__path__):
            importlib.import_module(f"{package.__name__}.{module.name}")


def _import_module_of(identity: str) -> None:
    """Import the one module that a fault of this id would be in, if there is such a module."""
    layer, _, name = identity.partition(".")
    if layer not in LAYERS or re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", name) is None:
        return
    module = f"{_PACKAGE}.{layer}.faults.{name.replace('-', '_')}"
    try:
        importlib.import_module(module)
    except ModuleNotFoundError as error:
        if error.name != module:
            raise


def find_fault(identity: str) -> type[Fault]:
    """Return the fault class of an id or a former id, importing its module alone where the id is current.

    Raises UnknownFault, which names the nearest known ids.
    """
    if identity not in _register:
        _import_module_of(identity)
    if (cls := _register.get(identity)) is not None:
        return cls
    known = all_faults()
    for cls in known.values():
        if identity in cls.former_ids:
            return cls
    near = difflib.get_close_matches(identity, known, n=3, cutoff=0.5)
    hint = f"did you mean {' or '.join(near)}?" if near else f"known are {', '.join(known)}"
    raise UnknownFault(f"there is no fault {identity!r}; {hint}")


class Faults:
    """The faults of one server: counts how often each acted, and records it."""

    def __init__(self, faults: Iterable[Fault], *, server: str, journal: Journal, clock: Clock) -> None:
        self._faults = tuple(faults)
        self._used = [0] * len(self._faults)
        self._server = server
        self._journal = journal
        self._clock = clock
        self._began_s = clock.elapsed_s()

    def react(
        self,
        event: Event,
        honest: Sequence[Action],
        *,
        session: int | None = None,
        at: str = "",
        address: str | None = None,
    ) -> tuple[Action, ...]:
        """Return the server's actions for `event`. The journal names `at`, the point of the session, and `address`."""
        actions = tuple(honest)
        for position, candidate in enumerate(self._faults):
            if not self._is_due(candidate, position):
                continue
            changed = tuple(candidate.react(event, actions))
            if changed != actions:
                self._used[position] += 1
                self._journal.record(
                    self._server, FaultActed(fault=candidate.id, at=at, address=address), session=session
                )
                actions = changed
        return actions

    def _is_due(self, candidate: Fault, position: int) -> bool:
        if candidate.times is not None and self._used[position] >= candidate.times:
            return False
        if candidate.attempts is not None and self._journal.attempt not in candidate.attempts:
            return False
        return candidate.until is None or self._clock.elapsed_s() - self._began_s < candidate.until
