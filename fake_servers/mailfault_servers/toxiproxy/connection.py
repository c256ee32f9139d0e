"""One client's connection and the one that goes on to the upstream: two pipes, and how they end."""

import socket
import struct
from collections.abc import Callable
from typing import Literal

from mailfault_servers.toxiproxy.link import LinkClosed, LinkFact, ToxicActed
from mailfault_servers.toxiproxy.pipe import Pipe, Sink, Source
from mailfault_servers.toxiproxy.stub import Stub
from mailfault_servers.toxiproxy.toxic_set import SetToxic

_LINGER_NOT = struct.pack("ii", 1, 0)


class Connection:
    """A connection that was taken, and its way on."""

    def __init__(
        self,
        client: socket.socket,
        server: socket.socket,
        *,
        number: int,
        seed: tuple[object, ...],
        tell: Callable[[LinkFact, tuple[str, int]], None],
        on_end: Callable[["Connection"], None],
    ) -> None:
        """`number` counts the proxy's connections; `seed` makes chance for all of them."""
        self._client = client
        self._server = server
        self._seed = (*seed, number)
        self._tell = tell
        self._on_end = on_end
        self.upstream: tuple[str, int] = server.getsockname()[:2]
        self._by: Literal["client", "server", "toxic"] | None = None
        self._how: Literal["fin", "rst"] = "fin"
        self._toxic: str | None = None
        self._resets = False
        self._open = 2
        self._pipes = {
            "upstream": Pipe(
                Source(client, lambda how: self._blame("client", how)),
                Sink(server, on_finish=lambda: self._shut("server"), on_error=lambda: self._broke("server")),
            ),
            "downstream": Pipe(
                Source(server, lambda how: self._blame("server", how)),
                Sink(client, on_finish=lambda: self._shut("client"), on_error=lambda: self._broke("client")),
            ),
        }

    def begin(self, toxics: list[SetToxic]) -> None:
        """Start with what the proxy has of toxics."""
        stubs: dict[str, list[Stub]] = {"upstream": [], "downstream": []}
        for one in toxics:
            chain = stubs[one.direction]
            chain.append(self._stub(one, len(chain)))
            if one.toxic.resets and not chain[-1].spared:
                self._resets = True
        if self._resets:
            for sock in (self._client, self._server):
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_NOT)
        for direction, pipe in self._pipes.items():
            pipe.begin(stubs[direction])

    def add(self, one: SetToxic) -> None:
        """A toxic came."""
        pipe = self._pipes[one.direction]
        pipe.add(self._stub(one, len(pipe.stubs)))

    def change(self, one: SetToxic) -> None:
        """A toxic's attributes or toxicity changed."""
        stub = self._pipes[one.direction].find(one.name)
        if stub is not None:
            stub.change(one.toxic, spared=one.spares(*self._seed))

    def remove(self, one: SetToxic) -> None:
        """A toxic went."""
        stub = self._pipes[one.direction].find(one.name)
        if stub is not None:
            stub.leave()

    def abort(self) -> None:
        """Close both ends at once, whatever is on its way."""
        if self._open:
            self._blame("toxic", "rst" if self._resets else "fin")
            self._shut("client")
            self._shut("server")

    def _stub(self, one: SetToxic, position: int) -> Stub:
        pipe = self._pipes[one.direction]
        return Stub(
            one.name,
            one.toxic,
            position=position,
            spared=one.spares(*self._seed),
            chance=lambda: one.chance(*self._seed),
            on_act=lambda stub: self._tell(
                ToxicActed(toxic=one.name, type=one.toxic.type, stream=one.stream), self.upstream
            ),
            on_close=self._closed_by_toxic,
            on_leave=pipe.leave,
        )

    def _closed_by_toxic(self, stub: Stub) -> None:
        self._blame("toxic", "rst" if self._resets else "fin", stub.name)

    def _blame(
        self, by: Literal["client", "server", "toxic"], how: Literal["fin", "rst"], toxic: str | None = None
    ) -> None:
        if self._by is None:
            self._by, self._how, self._toxic = by, how, toxic

    def _broke(self, side: Literal["client", "server"]) -> None:
        self._blame(side, "rst")
        self._shut(side)

    def _shut(self, side: Literal["client", "server"]) -> None:
        """Close one end. Whoever reads it reads its end, for sockets are closed as a whole, as Toxiproxy does."""
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
            self._gone()
        elif not source.ended:
            source.end("fin")

    def _gone(self) -> None:
        for pipe in self._pipes.values():
            pipe.cancel()
        up, down = self._pipes["upstream"].sink.bytes, self._pipes["downstream"].sink.bytes
        self._on_end(self)
        self._tell(
            LinkClosed(
                by=self._by or "toxic",
                how=self._how,
                to_client_bytes=down,
                to_server_bytes=up,
                toxic=self._toxic,
            ),
            self.upstream,
        )
