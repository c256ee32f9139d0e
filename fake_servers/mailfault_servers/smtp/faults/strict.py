from collections.abc import Sequence

from mailfault_servers.action import Action, AwaitInput, Close
from mailfault_servers.fault import Event, Seconds, fault
from mailfault_servers.smtp.event import CommandArrived, DataArrived, ReplyReady
from mailfault_servers.smtp.punishment import punish
from mailfault_servers.smtp.reply import Stage
from mailfault_servers.smtp.stage_fault import SmtpFault

_BEFORE_REPLY_S = 0.01
"""Time in which what was sent ahead in a second segment arrives."""


@fault
class Strict(SmtpFault):
    """Punish a client that breaks a rule, as strict hosts do. A client that keeps to the rules meets an honest host.

    The rules: wait for the greeting (RFC 5321 3.1); wait for each reply unless PIPELINING was offered, and always for
    those to EHLO, STARTTLS and DATA (RFC 2920 3.1); give a domain, or an address in brackets, in EHLO (RFC 5321
    4.1.1.1); keep the order of commands (4.1.4); end lines with CRLF (2.3.8) and after 998 octets (4.5.3.1.6); send
    8-bit content with BODY=8BITMIME only, and parameters only of extensions that were offered (RFC 6152, RFC 5321
    2.2.1). The reply is 554 5.5.0, 501 5.5.2, 503 5.5.1 or 550 5.5.2, and the journal names the rule. A client that
    other hosts have forgiven takes it for a refusal of its mail.
    """

    pause: Seconds = 0.05
    """Time before the greeting, in which a client that does not wait for it is found out."""
    optional: bool = True
    """A client that breaks no rule is not punished."""

    def react(self, event: Event, honest: Sequence[Action]) -> Sequence[Action]:
        if isinstance(event, DataArrived) and event.broken is not None:
            return (*punish(event.broken), Close())  # the message has no end that the host could go on from
        if isinstance(event, CommandArrived | ReplyReady) and event.broken is not None:
            return punish(event.broken)
        return super().react(event, honest)

    def on_reply(self, event: ReplyReady, honest: Sequence[Action]) -> Sequence[Action]:
        if event.ahead is None:
            return honest
        listening_s = self.pause if event.stage is Stage.GREETING else _BEFORE_REPLY_S
        return (AwaitInput(listening_s, punish(event.ahead)), *honest)
