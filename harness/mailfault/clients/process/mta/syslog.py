"""A syslog(3) receiver for one delivery."""

import re
import socket
from pathlib import Path

_PRIORITY = re.compile(r"^<\d{1,3}>")
_LARGEST = 65536


class Syslog:
    """The socket "syslog" in a folder, which becomes the agent's /dev/log (see overlay_root)."""

    def __init__(self, folder: Path) -> None:
        """Raises OSError if no socket can be made in the folder."""
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        path = folder / "syslog"
        self._socket.bind(str(path))
        self._socket.setblocking(False)
        path.chmod(0o666)
        self._lines: list[str] = []

    def lines(self) -> list[str]:
        """Return all lines so far, without the priority (RFC 3164 4.1.1): "Nov 24 02:30:37 dma[17f]: ..."."""
        while True:
            try:
                datagram = self._socket.recv(_LARGEST)
            except BlockingIOError:
                return self._lines
            text = datagram.decode("utf-8", "backslashreplace").rstrip("\0\n")
            self._lines.append(_PRIORITY.sub("", text))

    def close(self) -> None:
        self._socket.close()
