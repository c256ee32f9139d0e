from collections.abc import Sequence

from mailfault_servers.action import Action, Close
from mailfault_servers.fault import fault
from mailfault_servers.smtp.event import CommandArrived
from mailfault_servers.smtp.reply import SmtpReply, Stage
from mailfault_servers.smtp.reply_text import RefusalText, send_reply
from mailfault_servers.smtp.stage_fault import SmtpFault


@fault
class StarttlsHelloRefused(SmtpFault):
    """Take EHLO in clear, and refuse it, and HELO, under TLS.

    Servers that look up who the client is only once the session is encrypted. TLS is established and no session for
    mail comes of it; nothing was said about the message (RFC 5321 4.2).
    """

    former_ids = ("tls.hello-refused",)

    reply: RefusalText = "550 5.7.1 Access denied"
    """The whole reply. A 421 closes."""

    def on_command(self, event: CommandArrived, honest: Sequence[Action]) -> Sequence[Action]:
        if event.stage is not Stage.EHLO or not event.encrypted:
            return honest
        is_closing = SmtpReply.parse(self.reply).code == 421
        return (send_reply(self.reply), Close()) if is_closing else (send_reply(self.reply),)
