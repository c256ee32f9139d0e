"""Reader of an SMTP session in clear, which finds the stage of every byte. Pure.

Commands may be sent ahead of their replies (RFC 2920), so each direction has its own stage: the client's is that of its
command, the host's is that of the command it answers.
"""

import re
from collections import deque
from collections.abc import Iterator

from mailfault_servers.smtp.reply import COMMAND_STAGES, Stage

Piece = tuple[Stage, bytes]
_LAST_LINE = re.compile(rb"\d{3}(?!-)")


class StageReader:
    """Reads both directions of a session. After the host agreed to TLS the stage stays STARTTLS."""

    def __init__(self) -> None:
        self._client_stage = Stage.GREETING
        """The stage of the client's latest command."""
        self._due = deque([Stage.GREETING])
        """Stages that the host has to answer, in order."""
        self._command = b""
        """The client's unfinished line."""
        self._reply = b""
        """The host's unfinished line."""
        self._under_tls = False

    def read_client(self, data: bytes) -> Iterator[Piece]:
        """Take the client's next bytes. Yields them in pieces, each with its stage."""
        if self._under_tls or self._client_stage is Stage.STARTTLS:
            yield Stage.STARTTLS, data
            return
        yield from _joined(self._client_part(part) for part in data.splitlines(keepends=True))

    def _client_part(self, part: bytes) -> Piece:
        """Return a part of a line with its stage. A command is known at the end of its line."""
        self._command += part
        if part.endswith(b"\n"):
            line, self._command = self._command, b""
            self._take_command(line)
        return self._client_stage, part

    def _take_command(self, line: bytes) -> None:
        if self._client_stage is Stage.MESSAGE:
            if line != b".\r\n":
                return
            self._client_stage = Stage.END_OF_DATA
        elif words := line.upper().split(maxsplit=1):
            self._client_stage = COMMAND_STAGES.get(words[0], Stage.OTHER)
        self._due.append(self._client_stage)

    def read_host(self, data: bytes) -> Iterator[Piece]:
        """Take the host's next bytes. Yields them in pieces, each with the stage that it answers."""
        if self._under_tls:
            yield Stage.STARTTLS, data
            return
        yield from _joined(self._host_part(part) for part in data.splitlines(keepends=True))

    def _host_part(self, part: bytes) -> Piece:
        stage = self._due[0] if self._due else self._client_stage
        self._reply += part
        if part.endswith(b"\n"):
            line, self._reply = self._reply, b""
            if not self._under_tls and _LAST_LINE.match(line):
                self._take_reply_end(line)
        return stage, part

    def _take_reply_end(self, line: bytes) -> None:
        """Take the last line of a reply. The next reply answers the next command."""
        answered = self._due.popleft() if self._due else None
        if answered is Stage.DATA and line.startswith(b"354"):  # RFC 5321 4.1.1.4
            self._client_stage = Stage.MESSAGE
        elif answered is Stage.STARTTLS and line.startswith(b"220"):
            self._under_tls = True
        elif answered is Stage.STARTTLS:
            self._client_stage = Stage.OTHER  # the session continues in clear


def _joined(parts: Iterator[Piece]) -> Iterator[Piece]:
    """Join consecutive parts of the same stage."""
    stage, joined = Stage.GREETING, b""
    for part_stage, part in parts:
        if joined and part_stage is not stage:
            yield stage, joined
            joined = b""
        stage, joined = part_stage, joined + part
    if joined:
        yield stage, joined
