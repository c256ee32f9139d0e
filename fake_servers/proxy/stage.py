"""How far an SMTP session has got, read off what passes in clear. Pure."""

from collections.abc import Iterator

from fake_servers.smtp.reply import COMMAND_STAGES, Stage


class StageReader:
    """Reads both halves of a session. Once TLS has begun nothing can be read: the stage stays STARTTLS."""

    def __init__(self) -> None:
        self.stage = Stage.GREETING
        self._said = b""
        """What the client has begun to say: a line without its end."""
        self._answered = b""
        """What the host has begun to say since DATA."""

    def hear_host(self, data: bytes) -> None:
        """Take what the host said next: after its 354 the message begins (RFC 5321 4.1.1.4)."""
        if self.stage is not Stage.DATA:
            return
        self._answered += data
        if self._answered.startswith(b"354") and b"\n" in self._answered:
            self.stage = Stage.MESSAGE

    def hear_client(self, data: bytes) -> Iterator[bytes]:
        """Take what the client said next; yields it piece by piece, each of one stage, which `stage` then tells."""
        if self.stage is Stage.STARTTLS:
            yield data
            return
        piece = b""
        stage: Stage = self.stage
        for part in data.splitlines(keepends=True):
            now = self._after(stage, part)
            if now is not stage and piece:
                self.stage = stage
                yield piece
                piece = b""
            piece, stage = piece + part, now
        self.stage = stage
        if piece:
            yield piece

    def _after(self, stage: Stage, part: bytes) -> Stage:
        """The stage that a part of a line belongs to: a command is known once its line has ended."""
        self._said += part
        if not part.endswith(b"\n"):
            return stage
        line, self._said = self._said, b""
        if stage is Stage.MESSAGE:
            return Stage.END_OF_DATA if line == b".\r\n" else stage
        words = line.upper().split(maxsplit=1)
        now = COMMAND_STAGES.get(words[0], Stage.OTHER) if words else stage
        if now is Stage.DATA:
            self._answered = b""
        return now
