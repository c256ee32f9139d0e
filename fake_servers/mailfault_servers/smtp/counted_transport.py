"""A transport that counts bytes."""

import asyncio
from typing import Any


class CountedTransport(asyncio.Transport):
    """A transport that wraps another and counts the bytes written: replies and TLS records alike."""

    def __init__(self, within: asyncio.Transport) -> None:
        super().__init__()
        self.within = within
        self.written = 0
        self.received = 0
        """Bytes that came in. The session counts them in clear, this transport under TLS."""
        self.counts_input = False
        self._held: list[bytes] | None = None

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.written += len(data)
        if self._held is None:
            self.within.write(data)
        else:
            self._held.append(bytes(data))

    def hold(self) -> None:
        """Count what is written, but keep it until `release`, so that it can be recorded before it is sent."""
        self._held = []

    def release(self) -> None:
        held, self._held = self._held or [], None
        for data in held:
            self.within.write(data)

    def writelines(self, lines: Any) -> None:
        self.write(b"".join(lines))

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        return self.within.get_extra_info(name, default)

    def is_closing(self) -> bool:
        return self.within.is_closing()

    def close(self) -> None:
        self.within.close()

    def abort(self) -> None:
        self.within.abort()

    def _force_close(self, error: BaseException | None) -> None:
        # asyncio's SSLProtocol calls this method of its transport (asyncio.sslproto, _fatal_error).
        self.within._force_close(error)  # type: ignore[attr-defined]

    def set_protocol(self, protocol: asyncio.BaseProtocol) -> None:
        if isinstance(protocol, asyncio.BufferedProtocol):
            self.counts_input = True
            protocol = _Counting(protocol, self)
        self.within.set_protocol(protocol)

    def get_protocol(self) -> asyncio.BaseProtocol:
        return self.within.get_protocol()

    def is_reading(self) -> bool:
        return self.within.is_reading()

    def pause_reading(self) -> None:
        self.within.pause_reading()

    def resume_reading(self) -> None:
        self.within.resume_reading()

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        self.within.set_write_buffer_limits(high, low)

    def get_write_buffer_size(self) -> int:
        return self.within.get_write_buffer_size()

    def get_write_buffer_limits(self) -> tuple[int, int]:
        return self.within.get_write_buffer_limits()

    def write_eof(self) -> None:
        self.within.write_eof()

    def can_write_eof(self) -> bool:
        return self.within.can_write_eof()


class _Counting(asyncio.BufferedProtocol):
    """The TLS protocol, with its input counted."""

    def __init__(self, within: asyncio.BufferedProtocol, transport: CountedTransport) -> None:
        self._within = within
        self._transport = transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._within.connection_made(transport)

    def connection_lost(self, exc: Exception | None) -> None:
        self._within.connection_lost(exc)

    def get_buffer(self, sizehint: int) -> Any:
        return self._within.get_buffer(sizehint)

    def buffer_updated(self, nbytes: int) -> None:
        self._transport.received += nbytes
        self._within.buffer_updated(nbytes)

    def eof_received(self) -> bool | None:
        return self._within.eof_received()

    def pause_writing(self) -> None:
        self._within.pause_writing()

    def resume_writing(self) -> None:
        self._within.resume_writing()
