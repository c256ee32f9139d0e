"""Toxics: what a proxy does to the bytes of one direction of a connection, and the register of all of them.

A toxic is one class in one file below `toxics`; its type is the file's name. Its attributes are Toxiproxy's, with
Toxiproxy's names, units and defaults. What it does is a generator: it asks for what it needs (`TAKE`, `Wait`, a chunk
to be passed on) and goes on when it has it. Returning closes the connection.
"""

import importlib
import pkgutil
from collections.abc import Generator
from typing import Annotated, Any, ClassVar, Protocol, TypeVar

from pydantic import BaseModel, ConfigDict, Field

from mailfault_servers.chance import Chance

Int64 = Annotated[int, Field(ge=-(2**63), le=2**63 - 1)]
"""The whole numbers that Toxiproxy's attributes can hold."""


class Chunk:
    """What one read from a socket brought, and when."""

    __slots__ = ("data", "read_s")

    def __init__(self, data: bytes | memoryview, read_s: float) -> None:
        """`read_s`: by the loop's clock. A delay moves it on, so that delays add up."""
        self.data = data
        self.read_s = read_s


class Slices:
    """A chunk that is to be passed on in pieces, at once: for many small pieces much cheaper than one by one."""

    __slots__ = ("_read_s", "data", "ends", "start")

    def __init__(self, data: memoryview, ends: list[int], read_s: float) -> None:
        """`ends`: where the pieces end, the last one first."""
        self.data = data
        self.ends = ends
        self.start = 0
        self._read_s = read_s

    def first(self) -> Chunk:
        """Take the first of the pieces that are left."""
        end = self.ends.pop()
        chunk = Chunk(self.data[self.start : end], self._read_s)
        self.start = end
        return chunk


class Take:
    """Asks for the next chunk. Answered with it, with None where no more will come, or with `EXPIRED`."""

    __slots__ = ("within_s",)

    def __init__(self, within_s: float | None = None) -> None:
        self.within_s = within_s


class Wait:
    """Asks for a pause. Answered with True where it was broken off because the toxic is changed or removed.

    The toxic then passes on what it holds, for no byte may be lost by that, and returns.
    """

    __slots__ = ("firm", "seconds")

    def __init__(self, seconds: float | None, *, firm: bool = False) -> None:
        """`seconds` None: until broken off. `firm`: nothing breaks it off but the end of the connection."""
        self.seconds = seconds
        self.firm = firm


TAKE = Take()
EXPIRED = Chunk(b"", 0.0)
"""What `Take(within_s)` is answered with when the time is over."""

Piping = Generator[Take | Wait | Chunk | Slices, Any, None]
"""What a toxic does: yields what it asks for, and is sent the answers."""


class Place(Protocol):
    """Where a toxic works: one direction of one connection."""

    state: Any
    """Whatever the toxic keeps about this connection; None at first. Outlives a change of its attributes."""

    def now_s(self) -> float:
        """The loop's clock."""

    def acted(self) -> None:
        """Say that the toxic did something to the connection. Saying it again does no harm."""

    def chance(self) -> Chance:
        """The source of chance for this toxic on this connection."""


class Toxic(BaseModel):
    """One kind of toxic with its attributes. The docstring is text for its user."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, use_attribute_docstrings=True)

    type: ClassVar[str] = ""
    go_name: ClassVar[str] = ""
    """What Toxiproxy calls it where it complains about its attributes."""
    go_number: ClassVar[str] = "int64"
    """What Toxiproxy calls the type of its attributes there."""
    holds: ClassVar[int] = 1
    """How many chunks it may have waiting before reading stops."""
    resets: ClassVar[bool] = False
    """Whether a connection that begins with it ends by RST."""
    closes_when_removed: ClassVar[bool] = False

    def pipe(self, place: Place) -> Piping:
        """What it does to the chunks of one direction of one connection."""
        raise NotImplementedError(f"{type(self).__name__} does not say what it does")


_register: dict[str, type[Toxic]] = {}
_T = TypeVar("_T", bound=type[Toxic])


def toxic(cls: _T) -> _T:
    """Enter a toxic into the register, under the name of its file. Raises RuntimeError where the name is taken."""
    name = cls.__module__.rpartition(".")[2]
    if name in _register and _register[name].__qualname__ != cls.__qualname__:
        raise RuntimeError(f"{name} is {_register[name].__qualname__} already; one file holds one toxic")
    cls.type = name
    _register[name] = cls
    return cls


def all_toxics() -> dict[str, type[Toxic]]:
    """Every toxic there is, by type, in the order of types."""
    package = importlib.import_module("mailfault_servers.toxiproxy.toxics")
    for module in pkgutil.iter_modules(package.__path__):
        importlib.import_module(f"{package.__name__}.{module.name}")
    return dict(sorted(_register.items()))
