"""One toxic on one direction of one connection: runs its generator and answers its requests."""

import asyncio
from collections import deque
from collections.abc import Callable
from enum import Enum, auto
from typing import Any, Literal, Protocol

from mailfault_servers.chance import Chance
from mailfault_servers.toxiproxy.toxic import EXPIRED, Chunk, Piping, Slices, Take, Toxic, ToxicContext
from mailfault_servers.toxiproxy.toxics.noop import Noop

_HELD_BYTES = 16 * 1024 * 1024
"""Bytes that may wait for one toxic in one direction of one connection, however many chunks it may hold."""
_SWALLOWED = 2
"""Chunks that are read and lost after a toxic closed the connection, as with Toxiproxy's buffers."""
_NESTED = 48
"""Toxics that a chunk passes in one call. Then a turn of the loop intervenes, because the stack is finite."""
_PASSED_ON = (Chunk, Slices)


class Onward(Protocol):
    """The next stop of a chunk: another toxic, or the socket at the end."""

    @property
    def accepts(self) -> bool:
        """True if a chunk can be handed over now."""

    def take(self, chunk: Chunk) -> None:
        """Take a chunk. Call it only while `accepts`."""

    def take_slices(self, slices: Slices) -> bool:
        """Take as many pieces as it accepts. Returns True if that was all of them."""

    def finish(self) -> None:
        """Note that nothing more will come."""


class Behind(Protocol):
    """The previous stop of a chunk."""

    def wake(self) -> None:
        """Continue: the next stop accepts again."""


class _At(Enum):
    RUNNING = auto()
    TAKING = auto()
    PAUSED = auto()
    GIVING = auto()
    CLOSED = auto()


class Stub(ToxicContext):
    """One toxic on one connection (Toxiproxy's ToxicStub)."""

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
        """`spared`: the toxic leaves this connection alone, by its toxicity."""
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
        self._undelivered: Chunk | Slices | None = None
        self._timer: asyncio.TimerHandle | asyncio.Handle | None = None
        self._firm = False
        self._interrupted: Literal["change", "leave"] | None = None
        self._pause_was_interrupted = False
        self._leaving = False
        self._swallowed = 0
        self._at = _At.TAKING
        self._piping: Piping = self._pipe()

    # -- for the toxic (ToxicContext)

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

    # -- for its neighbours

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
            held, self._undelivered = self._undelivered, None
            assert held is not None
            self._at = _At.RUNNING
            if self._hand_over(held):
                self._run(None)

    # -- for the pipe

    def begin(self) -> None:
        """Start. Its neighbours are set by now."""
        self._at = _At.RUNNING
        self._run(None)

    def change(self, toxic: Toxic, *, spared: bool) -> None:
        """Continue with other attributes. A delayed chunk passes at once."""
        self.toxic, self.spared = toxic, spared
        self._interrupt("change")

    def leave(self) -> None:
        """Pass on what is held, then leave the pipe. Some toxics close the connection instead."""
        if self.toxic.closes_when_removed and not self.spared:
            self._drop_timer()
            self._close()
        else:
            self._interrupt("leave")

    def cancel(self) -> None:
        """Drop everything: the connection is closed."""
        self._drop_timer()
        self._at = _At.CLOSED
        self._swallowed = _SWALLOWED
        self._pending.clear()
        self._undelivered = None
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
            self._timer = self._loop.call_soon(self._serve_taker)
        else:
            self._serve_taker()

    def _serve_taker(self) -> None:
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
        if self._at is _At.CLOSED or (self._at is _At.PAUSED and self._firm):
            return
        self._interrupted = why
        if self._at is _At.TAKING:
            self._drop_timer()
            self._piping.close()
            self._restart()
        elif self._at is _At.PAUSED:
            self._drop_timer()
            self._at = _At.RUNNING
            self._pause_was_interrupted = True
            self._run(True)

    def _restart(self) -> None:
        """Restart the generator after an interruption."""
        self._leaving = self._leaving or self._interrupted == "leave"
        self._interrupted = None
        self._pause_was_interrupted = False
        self._piping = self._pipe()
        self._at = _At.RUNNING
        self._run(None)

    def _run(self, answer: Any) -> None:
        """Resume the generator with the answer to its last request, and serve requests until it has to wait."""
        piping = self._piping
        while True:
            try:
                request = piping.send(answer)
            except StopIteration:
                self._returned()
                return
            answer = None
            if isinstance(request, _PASSED_ON):
                if not self._hand_over(request):
                    return
            elif isinstance(request, Take):
                if self._interrupted is not None:
                    piping.close()
                    self._restart()
                    return
                if self._pending:
                    answer = self._next_pending()
                    self.previous.wake()
                elif self._leaving:
                    self._left()
                    return
                elif not self.ended:
                    self._park(_At.TAKING, request.within_s, EXPIRED)
                    self.previous.wake()
                    return
            elif self._interrupted is not None and not request.firm:
                self._pause_was_interrupted = answer = True
            else:
                self._firm = request.firm
                self._park(_At.PAUSED, request.seconds, False)
                return
            if self._at is _At.CLOSED:  # as a consequence of the step above
                return

    def _left(self) -> None:
        self._piping.close()
        self._at = _At.CLOSED
        self._swallowed = _SWALLOWED
        self._on_leave(self)

    def _hand_over(self, request: Chunk | Slices) -> bool:
        """Hand a chunk over. Returns False if that has to wait, or if it closed the connection."""
        if isinstance(request, Slices):
            given = self.next.take_slices(request)
        elif given := self.next.accepts:
            self.next.take(request)
        if self._at is _At.CLOSED:
            return False
        if not given:
            self._undelivered = request
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
        if self._pause_was_interrupted:
            self._restart()
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
