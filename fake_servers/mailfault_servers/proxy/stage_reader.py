"""How far an SMTP session has got, read off what passes in clear. Pure.

Commands may be sent ahead of their replies (RFC 2920), so each direction is at a stage of its own: the client's is that
of what it says, the host's that of the command it answers.
"""

import re
from collections import deque
from collections.abc import Iterator

from mailfault_servers.smtp.reply import COMMAND_STAGES, Stage

Piece = tuple[Stage, bytes]
_LAST_LINE = re.compile(rb"\d{3}(?!-)")


class StageReader:
    """Reads both halves of a session. Once the host has agreed to TLS nothing can be read: the stage stays STARTTLS."""

    def __init__(self) -> None:
        self._said = Stage.GREETING
        """What the client is saying, or has said last."""
        self._due = deque([Stage.GREETING])
        """What the host has to answer, in that order."""
        self._command = b""
        """What the client has begun to say: a line without its end."""
        self._reply = b""
        """What the host has begun to say: a line without its end."""
        self._under_tls = False

    def hear_client(self, data: bytes) -> Iterator[Piece]:
        """Take what the client said next; yields it piece by piece, each with its stage."""
        if self._under_tls or self._said is Stage.STARTTLS:
            yield Stage.STARTTLS, data
            return
        yield from _joined(self._heard_of_client(part) for part in data.splitlines(keepends=True))

    def _heard_of_client(self, part: bytes) -> Piece:
        """The stage that a part of a line belongs to: a command is known once its line has ended."""
        self._command += part
        if part.endswith(b"\n"):
            line, self._command = self._command, b""
            self._understand(line)
        return self._said, part

    def _understand(self, line: bytes) -> None:
        if self._said is Stage.MESSAGE:
            if line != b".\r\n":
                return
            self._said = Stage.END_OF_DATA
        elif words := line.upper().split(maxsplit=1):
            self._said = COMMAND_STAGES.get(words[0], Stage.OTHER)
        self._due.append(self._said)

    def hear_host(self, data: bytes) -> Iterator[Piece]:
        """Take what the host said next; yields it piece by piece, each with the stage that it answers."""
        if self._under_tls:
            yield Stage.STARTTLS, data
            return
        yield from _joined(self._heard_of_host(part) for part in data.splitlines(keepends=True))

    def _heard_of_host(self, part: bytes) -> Piece:
        stage = self._due[0] if self._due else self._said
        self._reply += part
        if part.endswith(b"\n"):
            line, self._reply = self._reply, b""
            if not self._under_tls and _LAST_LINE.match(line):
                self._answer(line)
        return stage, part

    def _answer(self, line: bytes) -> None:
        """The last line of a reply: the next one is to the next command."""
        answered = self._due.popleft() if self._due else None
        if answered is Stage.DATA and line.startswith(b"354"):  # RFC 5321 4.1.1.4
            self._said = Stage.MESSAGE
        elif answered is Stage.STARTTLS and line.startswith(b"220"):
            self._under_tls = True
        elif answered is Stage.STARTTLS:
            self._said = Stage.OTHER  # it goes on in clear


def _joined(parts: Iterator[Piece]) -> Iterator[Piece]:
    """Parts of one stage that follow each other, as one piece."""
    stage, joined = Stage.GREETING, b""
    for now, part in parts:
        if joined and now is not stage:
            yield stage, joined
            joined = b""
        stage, joined = now, joined + part
    if joined:
        yield stage, joined
