"""What a program tells syslog(3), received on a socket of its own."""

import re
import socket
from pathlib import Path

_PRIORITY = re.compile(r"^<\d{1,3}>")
_LARGEST = 65536


class Syslog:
    """A syslog of one delivery's own: the socket "syslog" in a folder, which a machine has as its /dev/log."""

    def __init__(self, folder: Path) -> None:
        """Raises OSError where the folder takes no socket."""
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        place = folder / "syslog"
        self._socket.bind(str(place))
        self._socket.setblocking(False)
        place.chmod(0o666)
        self._lines: list[str] = []

    def lines(self) -> list[str]:
        """All that was told so far, without the priority (RFC 3164 4.1.1): "Nov 24 02:30:37 dma[17f]: ..."."""
        while True:
            try:
                told = self._socket.recv(_LARGEST)
            except BlockingIOError:
                return self._lines
            text = told.decode("utf-8", "backslashreplace").rstrip("\0\n")
            self._lines.append(_PRIORITY.sub("", text))

    def close(self) -> None:
        self._socket.close()
