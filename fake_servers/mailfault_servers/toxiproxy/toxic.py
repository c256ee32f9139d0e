"""Toxics: what a proxy does to the bytes of one direction of a connection, and the register of all toxics.

A toxic is one class in one file below `toxics`; its type is the file's name. Its attributes have Toxiproxy's names,
units and defaults. Its behaviour is a generator that yields requests (`TAKE`, `Pause`, a chunk to pass on) and receives
the answers. When the generator returns, the connection is closed.
"""

import importlib
import pkgutil
from collections.abc import Generator
from typing import Annotated, Any, ClassVar, Protocol, TypeVar

from pydantic import Field

from mailfault_servers.chance import Chance
from mailfault_servers.toxiproxy.json_body import Body

Int64 = Annotated[int, Field(ge=-(2**63), le=2**63 - 1)]
"""The integers that an attribute can hold."""


class Chunk:
    """The bytes of one read from a socket, with the time of the read."""

    __slots__ = ("data", "read_s")

    def __init__(self, data: bytes | memoryview, read_s: float) -> None:
        """`read_s` is on the loop's clock. A delay moves it on, so that delays add up."""
        self.data = data
        self.read_s = read_s


class Slices:
    """A chunk to pass on in pieces, at once: much cheaper than many small chunks."""

    __slots__ = ("_read_s", "data", "ends", "start")

    def __init__(self, data: memoryview, ends: list[int], read_s: float) -> None:
        """`ends` are the ends of the pieces, last piece first."""
        self.data = data
        self.ends = ends
        self.start = 0
        self._read_s = read_s

    def first(self) -> Chunk:
        """Take the first of the remaining pieces."""
        end = self.ends.pop()
        chunk = Chunk(self.data[self.start : end], self._read_s)
        self.start = end
        return chunk


class Take:
    """Request for the next chunk. The answer is the chunk, None at the end of the stream, or `EXPIRED`."""

    __slots__ = ("within_s",)

    def __init__(self, within_s: float | None = None) -> None:
        self.within_s = within_s


class Pause:
    """Request for a pause. The answer is True if the toxic was changed or removed before the pause was over.

    The toxic then passes on what it holds, so that no byte is lost, and returns.
    """

    __slots__ = ("firm", "seconds")

    def __init__(self, seconds: float, *, firm: bool = False) -> None:
        """`firm`: only the end of the connection interrupts it."""
        self.seconds = seconds
        self.firm = firm


TAKE = Take()
EXPIRED = Chunk(b"", 0.0)
"""The answer to `Take(within_s)` when the time is over."""

Piping = Generator[Take | Pause | Chunk | Slices, Any, None]
"""The behaviour of a toxic: yields requests and chunks, receives answers."""


class ToxicContext(Protocol):
    """One direction of one connection, as the toxic on it sees it."""

    state: Any
    """The toxic's own notes about this connection; None at first. Kept when its attributes change."""

    def now_s(self) -> float:
        """Return the time on the loop's clock."""

    def acted(self) -> None:
        """Report that the toxic affected the connection. Only the first report counts."""

    def chance(self) -> Chance:
        """Return the source of chance for this toxic on this connection."""


class Toxic(Body):
    """One kind of toxic with its attributes. The docstring is text for its user."""

    type: ClassVar[str] = ""
    holds: ClassVar[int] = 1
    """The number of chunks that may wait for it before reading stops."""
    resets: ClassVar[bool] = False
    """A connection that begins with it ends by RST."""
    closes_when_removed: ClassVar[bool] = False

    def check(self) -> None:
        """Check attributes against each other. Raises ValueError if Toxiproxy refuses such a toxic."""

    def pipe(self, context: ToxicContext) -> Piping:
        """Pass on the chunks of one direction of one connection."""
        raise NotImplementedError(f"{type(self).__name__} does not say what it does")


_register: dict[str, type[Toxic]] = {}
_T = TypeVar("_T", bound=type[Toxic])


def toxic(cls: _T) -> _T:
    """Register a toxic under the name of its file. Raises RuntimeError if the name is taken."""
    name = cls.__module__.rpartition(".")[2]
    if name in _register and _register[name].__qualname__ != cls.__qualname__:
        raise RuntimeError(f"{name} is {_register[name].__qualname__} already; one file holds one toxic")
    cls.type = name
    _register[name] = cls
    return cls


def all_toxics() -> dict[str, type[Toxic]]:
    """Return all toxics by type, in the order of types."""
    package = importlib.import_module("mailfault_servers.toxiproxy.toxics")
    for module in pkgutil.iter_modules(package.__path__):
        importlib.import_module(f"{package.__name__}.{module.name}")
    return dict(sorted(_register.items()))
