"""A client's connection with its connection to the upstream: two pipes, and the way they end."""

import socket
import struct
from collections.abc import Callable
from typing import Literal

from mailfault_servers.toxiproxy.observer import ConnectionClosed, ProxyEvent, ToxicActed
from mailfault_servers.toxiproxy.pipe import Pipe, Sink, Source
from mailfault_servers.toxiproxy.stub import Stub
from mailfault_servers.toxiproxy.toxic_set import ToxicWrapper

_ABORTIVE_CLOSE = struct.pack("ii", 1, 0)


class Connection:
    """An accepted connection, forwarded to the upstream."""

    def __init__(
        self,
        client: socket.socket,
        server: socket.socket,
        *,
        number: int,
        seed: tuple[object, ...],
        emit: Callable[[ProxyEvent, tuple[str, int]], None],
        on_end: Callable[["Connection"], None],
    ) -> None:
        """`number` is the connection's number at this proxy; `seed` is the proxy's."""
        self._client = client
        self._server = server
        self._seed = (*seed, number)
        self._emit = emit
        self._on_end = on_end
        self.upstream: tuple[str, int] = server.getsockname()[:2]
        self._by: Literal["client", "server", "toxic"] | None = None
        self._how: Literal["fin", "rst"] = "fin"
        self._toxic: str | None = None
        self._resets = False
        self._open = 2
        self._pipes = {
            "upstream": Pipe(
                Source(client, lambda how: self._note_end("client", how)),
                Sink(server, on_finish=lambda: self._shut("server"), on_error=lambda: self._on_error("server")),
            ),
            "downstream": Pipe(
                Source(server, lambda how: self._note_end("server", how)),
                Sink(client, on_finish=lambda: self._shut("client"), on_error=lambda: self._on_error("client")),
            ),
        }

    def begin(self, toxics: list[ToxicWrapper]) -> None:
        """Start with these toxics."""
        stubs: dict[str, list[Stub]] = {"upstream": [], "downstream": []}
        for wrapper in toxics:
            chain = stubs[wrapper.direction]
            chain.append(self._stub(wrapper, len(chain)))
            if wrapper.toxic.resets and not chain[-1].spared:
                self._resets = True
        if self._resets:
            for sock in (self._client, self._server):
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _ABORTIVE_CLOSE)
        for direction, pipe in self._pipes.items():
            pipe.begin(stubs[direction])

    def add(self, wrapper: ToxicWrapper) -> None:
        """Add a toxic."""
        pipe = self._pipes[wrapper.direction]
        pipe.add(self._stub(wrapper, len(pipe.stubs)))

    def change(self, wrapper: ToxicWrapper) -> None:
        """Apply a toxic's new attributes or toxicity."""
        stub = self._pipes[wrapper.direction].find(wrapper.name)
        if stub is not None:
            stub.change(wrapper.toxic, spared=wrapper.spares(*self._seed))

    def remove(self, wrapper: ToxicWrapper) -> None:
        """Remove a toxic."""
        stub = self._pipes[wrapper.direction].find(wrapper.name)
        if stub is not None:
            stub.leave()

    def abort(self) -> None:
        """Close both ends at once and drop what is buffered."""
        if self._open:
            self._note_end("toxic", "rst" if self._resets else "fin")
            self._shut("client")
            self._shut("server")

    def _stub(self, wrapper: ToxicWrapper, position: int) -> Stub:
        pipe = self._pipes[wrapper.direction]
        return Stub(
            wrapper.name,
            wrapper.toxic,
            position=position,
            spared=wrapper.spares(*self._seed),
            chance=lambda: wrapper.chance(*self._seed),
            on_act=lambda stub: self._emit(
                ToxicActed(toxic=wrapper.name, type=wrapper.toxic.type, stream=wrapper.stream), self.upstream
            ),
            on_close=self._closed_by_toxic,
            on_leave=pipe.leave,
        )

    def _closed_by_toxic(self, stub: Stub) -> None:
        self._note_end("toxic", "rst" if self._resets else "fin", stub.name)

    def _note_end(
        self, by: Literal["client", "server", "toxic"], how: Literal["fin", "rst"], toxic: str | None = None
    ) -> None:
        if self._by is None:
            self._by, self._how, self._toxic = by, how, toxic

    def _on_error(self, side: Literal["client", "server"]) -> None:
        self._note_end(side, "rst")
        self._shut(side)

    def _shut(self, side: Literal["client", "server"]) -> None:
        """Close one end in both directions, as Toxiproxy does. The pipe that reads it sees the end of the stream."""
        sock = self._client if side == "client" else self._server
        if sock.fileno() < 0:
            return
        writing, reading = ("downstream", "upstream") if side == "client" else ("upstream", "downstream")
        self._pipes[writing].sink.close()
        source = self._pipes[reading].source
        source.pause()
        sock.close()
        self._open -= 1
        if not self._open:
            self._finish()
        elif not source.ended:
            source.end("fin")

    def _finish(self) -> None:
        for pipe in self._pipes.values():
            pipe.cancel()
        upstream, downstream = self._pipes["upstream"], self._pipes["downstream"]
        self._on_end(self)
        self._emit(
            ConnectionClosed(
                by=self._by or "toxic",
                how=self._how,
                from_client_bytes=upstream.source.bytes,
                to_server_bytes=upstream.sink.bytes,
                from_server_bytes=downstream.source.bytes,
                to_client_bytes=downstream.sink.bytes,
                toxic=self._toxic,
            ),
            self.upstream,
        )
