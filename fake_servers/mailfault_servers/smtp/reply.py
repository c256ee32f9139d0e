"""Stages and replies of an SMTP session, as values (RFC 5321 3, 4.2)."""

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Self

_REPLY = re.compile(r"([2-5]\d\d)(?: ([245]\.\d{1,3}\.\d{1,3}))?(?: (.*))?", re.DOTALL)


class Stage(StrEnum):
    """A stage of a session: what the server is answering."""

    GREETING = "greeting"
    EHLO = "ehlo"
    """EHLO and HELO alike."""
    STARTTLS = "starttls"
    MAIL = "mail"
    RCPT = "rcpt"
    DATA = "data"
    """The DATA command, up to its 354."""
    MESSAGE = "message"
    """The message text, between the 354 and the final dot."""
    END_OF_DATA = "end-of-data"
    """The final dot, and the reply to it."""
    RSET = "rset"
    QUIT = "quit"
    IDLE = "idle"
    """Between two deliveries, on a connection that the client keeps; no command is pending."""
    OTHER = "other"
    """NOOP, VRFY, HELP, AUTH and unknown commands."""


COMMAND_STAGES = {
    b"EHLO": Stage.EHLO,
    b"HELO": Stage.EHLO,
    b"STARTTLS": Stage.STARTTLS,
    b"MAIL": Stage.MAIL,
    b"RCPT": Stage.RCPT,
    b"DATA": Stage.DATA,
    b"RSET": Stage.RSET,
    b"QUIT": Stage.QUIT,
}
"""Stage that each command begins; any other command is Stage.OTHER."""

HONEST_CODES = dict.fromkeys((Stage.EHLO, Stage.MAIL, Stage.RCPT, Stage.END_OF_DATA, Stage.RSET), 250) | {
    Stage.GREETING: 220, Stage.STARTTLS: 220, Stage.DATA: 354, Stage.QUIT: 221
}  # fmt: skip
"""Code of an honest server's reply at each stage that has one (RFC 5321 4.3.2)."""


@dataclass(frozen=True, slots=True)
class SmtpReply:
    """One reply: basic code, enhanced code (RFC 3463) if it has one, and its lines of text."""

    code: int
    enhanced: str | None
    lines: tuple[str, ...]

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `550 5.1.1 User unknown` (several lines joined by newlines, each with or without its code).

        Raises ValueError if the text is no SMTP reply.
        """
        code: int | None = None
        enhanced: str | None = None
        lines: list[str] = []
        for line in text.replace("\r\n", "\n").rstrip("\n").split("\n"):
            bare = line[:3] + " " + line[4:] if line[3:4] == "-" else line
            found = _REPLY.fullmatch(bare)
            if found is None:
                if code is None:
                    raise ValueError(f"{text!r} is not an SMTP reply; write it like '550 5.1.1 User unknown'")
                lines.append(line)
                continue
            code = int(found[1])
            enhanced = enhanced or found[2]
            lines.append(found[3] or "")
        assert code is not None
        return cls(code, enhanced, tuple(lines))

    @property
    def text(self) -> str:
        """The text alone, lines joined by a blank."""
        return " ".join(line for line in self.lines if line)

    @property
    def is_positive(self) -> bool:
        return self.code < 400

    def wire(self) -> bytes:
        """Return the reply as it is sent, every line ended by CRLF."""
        first = f"{self.enhanced} " if self.enhanced else ""
        lines = [f"{first}{line}".rstrip() for line in self.lines]
        return b"".join(
            f"{self.code}{'-' if number < len(lines) else ' ' if line else ''}{line}\r\n".encode()
            for number, line in enumerate(lines, start=1)
        )

    def __str__(self) -> str:
        return " ".join(part for part in (str(self.code), self.enhanced, self.text) if part)
