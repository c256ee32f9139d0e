"""One direction of a proxied connection: a socket to read, toxics, a socket to write."""

import asyncio
import socket
from collections.abc import Callable
from typing import Literal
from weakref import WeakKeyDictionary

from mailfault_servers.toxiproxy.stub import Behind, Onward, Stub
from mailfault_servers.toxiproxy.toxic import Chunk, Slices

_READ_BYTES = 32 * 1024
"""Largest read with toxics. Toxiproxy reads as much at once, and toxics act on one read at a time."""
_PLAIN_BYTES = 256 * 1024
"""Largest read without toxics."""
_plain: WeakKeyDictionary[asyncio.AbstractEventLoop, memoryview] = WeakKeyDictionary()


def _plain_buffer(loop: asyncio.AbstractEventLoop) -> memoryview:
    """Return the read buffer that all connections of a loop without toxics share. Each read is written out at once."""
    if loop not in _plain:
        _plain[loop] = memoryview(bytearray(_PLAIN_BYTES))
    return _plain[loop]


class Source:
    """The socket that a pipe reads."""

    def __init__(self, sock: socket.socket, on_end: Callable[[Literal["fin", "rst"]], None]) -> None:
        self.sock = sock
        self.next: Onward
        self.ended = False
        self.bytes = 0
        self._loop = asyncio.get_running_loop()
        self._buffer = _plain_buffer(self._loop)
        self._on_end = on_end
        self._reading = False

    def wake(self) -> None:
        if not self._reading and not self.ended and self.sock.fileno() >= 0 and self.next.accepts:
            self._reading = True
            self._loop.add_reader(self.sock.fileno(), self._read)

    def pause(self) -> None:
        if self._reading:
            self._reading = False
            self._loop.remove_reader(self.sock.fileno())

    def _read(self) -> None:
        onward = self.next
        try:
            if isinstance(onward, Sink):
                size = self.sock.recv_into(self._buffer)
                self.bytes += size
                if size:
                    onward.write(self._buffer[:size])
            else:
                data = self.sock.recv(_READ_BYTES)
                size = len(data)
                self.bytes += size
                if size:
                    onward.take(Chunk(data, self._loop.time()))
        except (BlockingIOError, InterruptedError):
            return
        except OSError:
            self.end("rst")
            return
        if not size:
            self.end("fin")
        elif self._reading and not self.next.accepts:
            self.pause()

    def end(self, how: Literal["fin", "rst"]) -> None:
        """Note the end of the stream and pass it on."""
        if not self.ended:
            self.pause()
            self.ended = True
            self._on_end(how)
            self.next.finish()


class Sink:
    """The socket that a pipe writes."""

    def __init__(self, sock: socket.socket, *, on_finish: Callable[[], None], on_error: Callable[[], None]) -> None:
        """`on_finish` is called once everything is written, `on_error` when writing fails."""
        self.sock = sock
        self.previous: Behind
        self.ended = False
        self.bytes = 0
        self._loop = asyncio.get_running_loop()
        self._on_finish = on_finish
        self._on_error = on_error
        self._unsent: memoryview | None = None
        self._finishing = False

    @property
    def accepts(self) -> bool:
        return self._unsent is None and not self.ended

    @property
    def open(self) -> bool:
        """True while more bytes may arrive."""
        return not (self.ended or self._finishing)

    def take(self, chunk: Chunk) -> None:
        data = chunk.data
        sent = self._send(data)
        if 0 <= sent < len(data):
            self._keep(memoryview(data)[sent:])

    def take_slices(self, slices: Slices) -> bool:
        if not self.accepts:
            return False
        ends, data, start = slices.ends, slices.data, slices.start
        send = self.sock.send
        try:
            while ends:
                end = ends[-1]
                sent = send(data[start:end])
                self.bytes += sent
                if sent < end - start:
                    self._keep(data[start + sent : ends.pop()])
                    start = end
                    break
                start = ends.pop()
        except (BlockingIOError, InterruptedError):
            self._keep(data[start : ends[-1]])
            start = ends.pop()
        except OSError:
            self._fail()
        slices.start = start
        return not ends

    def write(self, data: memoryview) -> None:
        """Write from a buffer that will be reused."""
        sent = self._send(data)
        if 0 <= sent < len(data):
            self._keep(memoryview(bytes(data[sent:])))

    def _send(self, data: bytes | memoryview) -> int:
        """Return the number of bytes written, -1 once writing is over."""
        if self.ended:
            return -1
        try:
            sent = self.sock.send(data)
        except (BlockingIOError, InterruptedError):
            return 0
        except OSError:
            self._fail()
            return -1
        self.bytes += sent
        return sent

    def _keep(self, rest: memoryview) -> None:
        self._unsent = rest
        self._loop.add_writer(self.sock.fileno(), self._flush)

    def _flush(self) -> None:
        assert self._unsent is not None
        sent = self._send(self._unsent)
        if sent < 0:
            return
        if sent < len(self._unsent):
            self._unsent = self._unsent[sent:]
            return
        self.drop()
        if self._finishing:
            self._finished()
        else:
            self.previous.wake()

    def finish(self) -> None:
        if self.ended or self._finishing:
            return
        self._finishing = True
        if self._unsent is None:
            self._finished()

    def _finished(self) -> None:
        self.ended = True
        self._on_finish()

    def _fail(self) -> None:
        self.close()
        self._on_error()

    def close(self) -> None:
        """Stop writing, and drop unsent bytes."""
        self.drop()
        self.ended = True

    def drop(self) -> None:
        """Drop unsent bytes."""
        if self._unsent is not None:
            self._unsent = None
            self._loop.remove_writer(self.sock.fileno())


class Pipe:
    """A source, any number of toxics, and a sink. It runs on the loop; nothing of it outlives `cancel`."""

    def __init__(self, source: Source, sink: Sink) -> None:
        self.source = source
        self.sink = sink
        self.stubs: list[Stub] = []
        source.next, sink.previous = sink, source

    def begin(self, stubs: list[Stub]) -> None:
        """Start with these toxics."""
        self.stubs = stubs
        self._connect()
        for stub in reversed(stubs):
            stub.begin()
        self.source.wake()

    def add(self, stub: Stub) -> None:
        """Append a toxic. Those before it are not disturbed."""
        if not self.sink.open:
            return
        before: Behind = self.stubs[-1] if self.stubs else self.source
        self.stubs.append(stub)
        self._connect()
        stub.begin()
        before.wake()

    def leave(self, stub: Stub) -> None:
        """Take out a toxic that has passed everything on."""
        index = self.stubs.index(stub)
        before: Behind = self.stubs[index - 1] if index else self.source
        onward = stub.next
        del self.stubs[index]
        self._connect()
        if stub.ended:
            onward.finish()
        else:
            before.wake()

    def find(self, name: str) -> Stub | None:
        """Return the stub of this toxic, or None."""
        return next((stub for stub in self.stubs if stub.name == name), None)

    def cancel(self) -> None:
        """Drop everything: the connection is closed."""
        self.source.pause()
        self.source.ended = True
        self.sink.close()
        for stub in self.stubs:
            stub.cancel()

    def _connect(self) -> None:
        before: Source | Stub = self.source
        for stub in self.stubs:
            before.next, stub.previous = stub, before
            before = stub
        before.next, self.sink.previous = self.sink, before
