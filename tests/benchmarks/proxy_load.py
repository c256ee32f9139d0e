"""Load for a proxy that costs little itself: an upstream that sends a file, and a client that reads and drops it."""

import os
import selectors
import socket
import tempfile
import threading
import time

_READ = memoryview(bytearray(1 << 20))
_FILE_BYTES = 1 << 20


class Upstream:
    """Send this many bytes to each connection and close it; with 0 bytes, echo."""

    def __init__(self) -> None:
        self.bytes = 0
        self._listening = socket.create_server(("127.0.0.1", 0), backlog=2048)
        self.address = "{}:{}".format(*self._listening.getsockname())
        self._file = tempfile.TemporaryFile()  # noqa: SIM115 - for as long as the process lasts
        self._file.write(os.urandom(_FILE_BYTES))
        self._file.flush()
        self._left: dict[socket.socket, int] = {}
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._listening, selectors.EVENT_READ)
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            for key, _ in self._selector.select():
                sock = key.fileobj
                assert isinstance(sock, socket.socket)
                if sock is self._listening:
                    self._take()
                    continue
                try:
                    self._send(sock) if sock in self._left else self._echo(sock)
                except OSError:
                    self._drop(sock)

    def _take(self) -> None:
        sock, _ = self._listening.accept()
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if self.bytes:
            sock.setblocking(False)
            self._left[sock] = self.bytes
            self._selector.register(sock, selectors.EVENT_WRITE)
        else:
            self._selector.register(sock, selectors.EVENT_READ)

    def _send(self, sock: socket.socket) -> None:
        left = self._left[sock]
        at = (self.bytes - left) % _FILE_BYTES
        sent = os.sendfile(sock.fileno(), self._file.fileno(), at, min(left, _FILE_BYTES - at))
        self._left[sock] = left - sent
        if left == sent:
            self._drop(sock)

    def _echo(self, sock: socket.socket) -> None:
        data = sock.recv(65536)
        if not data:
            self._drop(sock)
        else:
            sock.sendall(data)

    def _drop(self, sock: socket.socket) -> None:
        self._left.pop(sock, None)
        self._selector.unregister(sock)
        sock.close()


def bytes_per_s(address: tuple[str, int], upstream: Upstream, connections: int, total: int) -> float:
    """Measure the throughput of a proxy with this many connections at once."""
    upstream.bytes = total // connections
    selector = selectors.DefaultSelector()
    began = time.perf_counter()
    for _ in range(connections):
        selector.register(socket.create_connection(address), selectors.EVENT_READ)
    got, open_count = 0, connections
    while open_count:
        for key, _ in selector.select():
            sock = key.fileobj
            assert isinstance(sock, socket.socket)
            size = sock.recv_into(_READ, 0, socket.MSG_TRUNC)  # the kernel drops it without copying
            got += size
            if not size:
                selector.unregister(sock)
                sock.close()
                open_count -= 1
    seconds = time.perf_counter() - began
    assert got == upstream.bytes * connections
    return got / seconds


def round_trips_s(address: tuple[str, int], upstream: Upstream, count: int) -> list[float]:
    """Measure the round-trip time of one byte, this many times in sequence."""
    upstream.bytes = 0
    taken = []
    with socket.create_connection(address) as sock:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for _ in range(count):
            began = time.perf_counter()
            sock.sendall(b"x")
            sock.recv(1)
            taken.append(time.perf_counter() - began)
    return taken
