from collections.abc import Sequence

from mailfault_servers.action import Action
from mailfault_servers.fault import fault
from mailfault_servers.smtp.event import ReplyReady
from mailfault_servers.smtp.reply import Stage
from mailfault_servers.smtp.stage_fault import SmtpFault, change_replies


@fault
class StarttlsInjectedReply(SmtpFault):
    """Put more replies, in clear, right behind the 220 to STARTTLS (CVE-2021-33515, CVE-2011-0411 and their kind).

    An attacker on the path cannot read what is encrypted, but can add to what comes before it. A client that still has
    these lines in its buffer after the handshake takes them for answers that came under TLS. It must throw away all
    that it read before the handshake (RFC 3207 4.2), or refuse to go on.
    """

    former_ids = ("tls.injected-reply",)

    lines: str = "250-forged.example\n250 AUTH PLAIN"
    """The lines behind the 220, joined by newlines."""

    def on_reply(self, event: ReplyReady, honest: Sequence[Action]) -> Sequence[Action]:
        if event.stage is not Stage.STARTTLS or event.encrypted:
            return honest
        injected = b"".join(line.encode() + b"\r\n" for line in self.lines.split("\n"))
        return change_replies(honest, lambda reply: reply + injected)
