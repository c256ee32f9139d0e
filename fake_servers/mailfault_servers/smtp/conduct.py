"""The conduct of a client in one session: which rule a command, a message or early input breaks. Pure."""

import ipaddress
import re

from mailfault_servers.smtp import rules
from mailfault_servers.smtp.reply import Stage
from mailfault_servers.smtp.rules import Rule

LONGEST_TEXT_LINE = 998
"""Octets in a line of the message, without its CRLF and a stuffed dot (RFC 5322 2.1.1)."""
_DOMAIN = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?)*")
_LITERAL = re.compile(r"\[(IPv6:)?([^\]]+)\]", re.IGNORECASE)
_OFFER = re.compile(rb"(?m)^250[- ](\S+)")
_PARAMETERS = {"SIZE": "SIZE", "BODY": "8BITMIME", "SMTPUTF8": "SMTPUTF8"}
"""The extension that each parameter of MAIL belongs to (RFC 1870, 6152, 6531)."""
_GROUPED = frozenset({Stage.MAIL, Stage.RCPT, Stage.RSET, Stage.END_OF_DATA})
"""Stages whose reply need not be waited for if PIPELINING was offered (RFC 2920 3.1)."""
_LAST_OF_GROUP = frozenset({Stage.EHLO, Stage.STARTTLS, Stage.DATA, Stage.OTHER})
_LONGEST_END = len(b"\r\n.\r\n")
_BARE_LINE_FEED = re.compile(rb"(?<!\r)\n")
_BARE_CARRIAGE_RETURN = re.compile(rb"\r(?!\n)")


class Conduct:
    """The words of a client in a session so far, and the replies to them."""

    def __init__(self) -> None:
        self.offered: frozenset[str] = frozenset()
        """Keywords of the last reply to EHLO, in upper case."""
        self._verb = b""
        self._was_helloed = False
        self._mail_sent = self._mail_accepted = self._recipient_sent = False
        self._parameters: frozenset[str] = frozenset()
        self._text = _Text()

    def on_tls(self) -> None:
        """Forget everything: TLS has begun (RFC 3207 4.2)."""
        self.__init__()  # type: ignore[misc]

    def on_command(self, line: bytes, stage: Stage) -> Rule | None:
        """Note a command, its line end included. Return the rule that it breaks."""
        self._verb, _, argument = line.strip().partition(b" ")
        broken = self._rule_of_line(line) or self._rule_of_stage(stage, argument.decode("utf-8", "backslashreplace"))
        if stage is Stage.MAIL and broken is None:
            self._mail_sent = True
            self._recipient_sent = self._mail_accepted = False
        self._recipient_sent |= stage is Stage.RCPT and broken is None
        if stage is Stage.DATA:
            self._text = _Text()
        return broken

    def on_reply(self, data: bytes, stage: Stage) -> None:
        """Note a reply that was sent: the honest one, or that of a fault."""
        is_positive = data[:1] == b"2"
        if stage is Stage.EHLO and is_positive:
            keywords = _OFFER.findall(data)[1:] if self._verb.upper() == b"EHLO" else []
            self.offered = frozenset(keyword.decode("ascii", "replace").upper() for keyword in keywords)
            self._was_helloed = True
        self._mail_accepted |= stage is Stage.MAIL and is_positive
        if stage is Stage.END_OF_DATA or (stage in (Stage.EHLO, Stage.RSET) and is_positive):
            self._mail_sent = self._mail_accepted = self._recipient_sent = False

    def on_text(self, part: bytes) -> Rule | None:
        """Note a part of the message text. Return the rule that is broken where the host would wait for ever."""
        self._text.add(part)
        return self.of_unfinished_text(b"")

    def of_unfinished_text(self, part: bytes) -> Rule | None:
        """Return the rule that is broken if the client takes this part, not noted yet, for the end of its message."""
        return rules.BARE_LINE_FEED if _ends_without_carriage_return(self._text.tail + part) else None

    @property
    def of_message(self) -> Rule | None:
        """The rule that the message broke, known at its final dot."""
        if self._text.broken is not None or not self._text.is_eight_bit or "BODY" in self._parameters:
            return self._text.broken
        return rules.EIGHT_BIT_UNDECLARED if "8BITMIME" in self.offered else rules.EIGHT_BIT_NOT_OFFERED

    def of_input_before_reply(self, stage: Stage) -> Rule | None:
        """Return the rule that is broken by input that arrives before the reply at this stage."""
        if stage is Stage.GREETING:
            return rules.EARLY_TALK
        if stage in _GROUPED:
            return None if "PIPELINING" in self.offered else rules.PIPELINING_NOT_OFFERED
        return rules.PIPELINING_FORBIDDEN if stage in _LAST_OF_GROUP else None

    def _rule_of_line(self, line: bytes) -> Rule | None:
        if not line.endswith(b"\r\n"):
            return rules.BARE_LINE_FEED
        if b"\r" in line[:-2]:
            return rules.BARE_CARRIAGE_RETURN
        return None if line.isascii() or "SMTPUTF8" in self.offered else rules.EIGHT_BIT_COMMAND

    def _rule_of_stage(self, stage: Stage, argument: str) -> Rule | None:
        match stage:
            case Stage.EHLO if not is_hello_name(argument.strip()):
                return rules.HELLO_NAME
            case Stage.MAIL:
                return self._rule_of_mail(argument)
            case Stage.RCPT if not self._mail_sent:
                return rules.RECIPIENT_BEFORE_MAIL
            case Stage.DATA if not self._recipient_sent:
                return rules.DATA_BEFORE_RECIPIENT
        return None

    def _rule_of_mail(self, argument: str) -> Rule | None:
        if not self._was_helloed:
            return rules.NO_HELLO
        if self._mail_accepted:
            return rules.SECOND_MAIL
        given = argument.rpartition(">")[2].upper().split()
        self._parameters = frozenset(parameter.partition("=")[0] for parameter in given)
        needed = {_PARAMETERS[parameter] for parameter in self._parameters & _PARAMETERS.keys()}
        return None if needed <= self.offered else rules.EXTENSION_NOT_OFFERED


class _Text:
    """The text of one message."""

    def __init__(self) -> None:
        self.broken: Rule | None = None
        """The first rule of form that it broke."""
        self.is_eight_bit = False
        self.tail = b"\r\n"
        """Its last octets. It begins where a line begins."""
        self._line_octets = 0

    def add(self, part: bytes) -> None:
        """Note a line, or a part of one."""
        self.tail = (self.tail + part)[-_LONGEST_END:]
        is_begin = self._line_octets == 0
        self._line_octets += len(part) - (is_begin and part.startswith(b".."))
        self.is_eight_bit |= not part.isascii()
        is_whole = part.endswith(b"\r\n")
        if _BARE_LINE_FEED.search(part):
            self.broken = self.broken or rules.BARE_LINE_FEED
        elif is_whole and _BARE_CARRIAGE_RETURN.search(part):
            self.broken = self.broken or rules.BARE_CARRIAGE_RETURN
        elif self._line_octets - 2 * is_whole > LONGEST_TEXT_LINE:
            self.broken = self.broken or rules.LONG_LINE
        if is_whole:
            self._line_octets = 0


def is_hello_name(name: str) -> bool:
    """Check the argument of EHLO or HELO: a domain, or an address in brackets (RFC 5321 4.1.1.1, 4.1.3)."""
    if (literal := _LITERAL.fullmatch(name)) is not None:
        return _is_address(literal[2], 6 if literal[1] else 4)
    return _DOMAIN.fullmatch(name) is not None and not _is_address(name, 4)


def _is_address(text: str, version: int) -> bool:
    try:
        return ipaddress.ip_address(text).version == version
    except ValueError:
        return False


def _ends_without_carriage_return(text: bytes) -> bool:
    """True if a final dot stands between line ends of which one is LF alone: the client waits for a reply."""
    return text.endswith((b"\n.\n", b"\n.\r\n")) and not text.endswith(b"\r\n.\r\n")
