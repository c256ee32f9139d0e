"""Where one toxic works on one direction of one connection: carries its generator from one wish to the next."""

import asyncio
from collections import deque
from collections.abc import Callable
from enum import Enum, auto
from typing import Any, Literal, Protocol

from mailfault_servers.chance import Chance
from mailfault_servers.toxiproxy.toxic import EXPIRED, Chunk, Piping, Place, Slices, Take, Toxic
from mailfault_servers.toxiproxy.toxics.noop import Noop

_HELD_BYTES = 16 * 1024 * 1024
"""What one toxic may have waiting in one direction of one connection, in bytes, however many chunks it may hold."""
_SWALLOWED = 2
"""So many chunks that come after a toxic closed the connection are still read, and lost, as Toxiproxy's buffers do."""
_NESTED = 48
"""A chunk goes straight through so many toxics; then a turn of the loop comes between, for the stack has an end."""
_PASSED_ON = (Chunk, Slices)


class Onward(Protocol):
    """What comes next on a chunk's way: another toxic, or the socket at the end."""

    @property
    def accepts(self) -> bool:
        """Whether a chunk can be handed over now."""

    def take(self, chunk: Chunk) -> None:
        """Take a chunk over. To be called only while `accepts`."""

    def take_slices(self, slices: Slices) -> bool:
        """Take over as many pieces as it accepts. Returns whether that was all of them."""

    def finish(self) -> None:
        """Nothing more will come."""


class Behind(Protocol):
    """What comes before on a chunk's way."""

    def wake(self) -> None:
        """What comes next accepts again."""


class _At(Enum):
    RUNNING = auto()
    TAKING = auto()
    WAITING = auto()
    GIVING = auto()
    CLOSED = auto()


class Stub(Place):
    """One toxic at one connection."""

    def __init__(
        self,
        name: str,
        toxic: Toxic,
        *,
        position: int,
        spared: bool,
        chance: Callable[[], Chance],
        on_act: Callable[["Stub"], None],
        on_close: Callable[["Stub"], None],
        on_leave: Callable[["Stub"], None],
    ) -> None:
        """`spared`: by its toxicity the toxic leaves this connection alone."""
        self.name = name
        self.toxic = toxic
        self.spared = spared
        self.state: Any = None
        self.next: Onward
        self.previous: Behind
        self.ended = False
        self._loop = asyncio.get_running_loop()
        self._detour = position % _NESTED == _NESTED - 1
        self._make_chance = chance
        self._chance: Chance | None = None
        self._on_act: Callable[[Stub], None] | None = on_act
        self._on_close = on_close
        self._on_leave = on_leave
        self._pending: deque[Chunk] = deque()
        self._pending_bytes = 0
        self._unput: Chunk | Slices | None = None
        self._timer: asyncio.TimerHandle | asyncio.Handle | None = None
        self._firm = False
        self._interrupted: Literal["change", "leave"] | None = None
        self._broken_off = False
        self._leaving = False
        self._swallowed = 0
        self._at = _At.TAKING
        self._piping: Piping = self._pipe()

    # -- what the toxic asks about

    def now_s(self) -> float:
        return self._loop.time()

    def acted(self) -> None:
        if self._on_act is not None:
            on_act, self._on_act = self._on_act, None
            on_act(self)

    def chance(self) -> Chance:
        if self._chance is None:
            self._chance = self._make_chance()
        return self._chance

    # -- what its neighbours ask

    @property
    def accepts(self) -> bool:
        if self._at is _At.CLOSED:
            return self._swallowed < _SWALLOWED
        holds = 1 if self.spared else self.toxic.holds
        return len(self._pending) < holds and self._pending_bytes < _HELD_BYTES

    def take(self, chunk: Chunk) -> None:
        if self._at is _At.CLOSED:
            self._swallowed += 1
            return
        self._pending.append(chunk)
        self._pending_bytes += len(chunk.data)
        self._feed()

    def take_slices(self, slices: Slices) -> bool:
        while slices.ends and self.accepts:
            self.take(slices.first())
        return not slices.ends

    def finish(self) -> None:
        self.ended = True
        self._feed()

    def wake(self) -> None:
        if self._at is _At.GIVING and self.next.accepts:
            held, self._unput = self._unput, None
            assert held is not None
            self._at = _At.RUNNING
            if self._gave(held):
                self._run(None)

    # -- what becomes of it

    def begin(self) -> None:
        """Start, now that its neighbours are known."""
        self._at = _At.RUNNING
        self._run(None)

    def change(self, toxic: Toxic, *, spared: bool) -> None:
        """Go on with other attributes. What is being delayed passes at once."""
        self.toxic, self.spared = toxic, spared
        self._interrupt("change")

    def leave(self) -> None:
        """Pass on what is held, and then go. A toxic may close the connection instead."""
        if self.toxic.closes_when_removed and not self.spared:
            self._drop_timer()
            self._close()
        else:
            self._interrupt("leave")

    def cancel(self) -> None:
        """The connection is gone."""
        self._drop_timer()
        self._at = _At.CLOSED
        self._swallowed = _SWALLOWED
        self._pending.clear()
        self._unput = None
        if not self._piping.gi_running:  # type: ignore[attr-defined]
            self._piping.close()

    def _pipe(self) -> Piping:
        return (Noop() if self.spared or self._leaving else self.toxic).pipe(self)

    def _feed(self) -> None:
        if self._at is not _At.TAKING:
            return
        self._drop_timer()
        if self._detour:
            self._at = _At.RUNNING
            self._timer = self._loop.call_soon(self._fed)
        else:
            self._fed()

    def _fed(self) -> None:
        self._at = _At.RUNNING
        if self._pending:
            self._run(self._next_pending())
        else:
            self._run(None)

    def _next_pending(self) -> Chunk:
        chunk = self._pending.popleft()
        self._pending_bytes -= len(chunk.data)
        return chunk

    def _interrupt(self, why: Literal["change", "leave"]) -> None:
        if self._at is _At.CLOSED or (self._at is _At.WAITING and self._firm):
            return
        self._interrupted = why
        if self._at is _At.TAKING:
            self._drop_timer()
            self._piping.close()
            self._go_on()
        elif self._at is _At.WAITING:
            self._drop_timer()
            self._at = _At.RUNNING
            self._broken_off = True
            self._run(True)

    def _go_on(self) -> None:
        """Start anew after an interruption."""
        self._leaving = self._leaving or self._interrupted == "leave"
        self._interrupted = None
        self._broken_off = False
        self._piping = self._pipe()
        self._at = _At.RUNNING
        self._run(None)

    def _run(self, answer: Any) -> None:
        """Carry the generator on with the answer to its last wish, as far as it goes."""
        piping = self._piping
        while True:
            try:
                wish = piping.send(answer)
            except StopIteration:
                self._returned()
                return
            answer = None
            if isinstance(wish, _PASSED_ON):
                if not self._gave(wish):
                    return
            elif isinstance(wish, Take):
                if self._interrupted is not None:
                    piping.close()
                    self._go_on()
                    return
                if self._pending:
                    answer = self._next_pending()
                    self.previous.wake()
                elif self._leaving:
                    self._left()
                    return
                elif not self.ended:
                    self._park(_At.TAKING, wish.within_s, EXPIRED)
                    self.previous.wake()
                    return
            elif self._interrupted is not None and not wish.firm:
                self._broken_off = answer = True
            else:
                self._firm = wish.firm
                self._park(_At.WAITING, wish.seconds, False)
                return
            if self._at is _At.CLOSED:  # meanwhile, by what came of it
                return

    def _left(self) -> None:
        self._piping.close()
        self._at = _At.CLOSED
        self._swallowed = _SWALLOWED
        self._on_leave(self)

    def _gave(self, wish: Chunk | Slices) -> bool:
        """Hand over what is to be passed on. False where that has to wait, or the connection is gone by it."""
        if isinstance(wish, Slices):
            given = self.next.take_slices(wish)
        elif given := self.next.accepts:
            self.next.take(wish)
        if self._at is _At.CLOSED:
            return False
        if not given:
            self._unput = wish
            self._at = _At.GIVING
        return given

    def _park(self, at: _At, seconds: float | None, answer: Any) -> None:
        self._at = at
        if seconds is not None:
            self._timer = self._loop.call_later(seconds, self._due, answer)

    def _due(self, answer: Any) -> None:
        self._timer = None
        self._at = _At.RUNNING
        self._run(answer)

    def _returned(self) -> None:
        if self._broken_off:
            self._go_on()
        else:
            self._close()

    def _close(self) -> None:
        self._at = _At.CLOSED
        self._pending.clear()
        self._piping.close()
        self._on_close(self)
        self.next.finish()
        self.previous.wake()

    def _drop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
