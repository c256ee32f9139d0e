from collections.abc import Sequence

from mailfault_servers.action import Action, Send
from mailfault_servers.fault import fault
from mailfault_servers.smtp.event import CommandArrived, ReplyReady
from mailfault_servers.smtp.masking import without_keyword
from mailfault_servers.smtp.reply import Stage
from mailfault_servers.smtp.stage_fault import SmtpFault, change_replies

_NOT_KNOWN = Send(b"555 5.5.4 MAIL FROM parameters not recognized or not implemented\r\n")


@fault
class StarttlsFewerExtensions(SmtpFault):
    """Offer SIZE in clear, and neither offer nor know it under TLS.

    What was offered before the handshake may have come from anybody: the client must forget it and ask again (RFC 3207
    4.2). One that remembers sends SIZE= with MAIL, and is refused.
    """

    former_ids = ("tls.fewer-extensions",)

    def on_reply(self, event: ReplyReady, honest: Sequence[Action]) -> Sequence[Action]:
        if event.stage is not Stage.EHLO or not event.encrypted:
            return honest
        return change_replies(honest, lambda reply: without_keyword(reply, "SIZE"))

    def on_command(self, event: CommandArrived, honest: Sequence[Action]) -> Sequence[Action]:
        has_size = event.stage is Stage.MAIL and "SIZE=" in event.line.upper()
        return (_NOT_KNOWN,) if has_size and event.encrypted else honest
