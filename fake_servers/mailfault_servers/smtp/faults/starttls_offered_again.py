from collections.abc import Sequence

from mailfault_servers.action import Action
from mailfault_servers.fault import fault
from mailfault_servers.smtp.event import ReplyReady
from mailfault_servers.smtp.reply import Stage
from mailfault_servers.smtp.stage_fault import SmtpFault, change_replies


@fault
class StarttlsOfferedAgain(SmtpFault):
    """Offer STARTTLS again under TLS, which a server must not do (RFC 3207 4.2).

    The client has what it wanted and has no use for it. One that takes the offer is refused with 503, or loops.
    """

    former_ids = ("tls.offered-again",)

    def on_reply(self, event: ReplyReady, honest: Sequence[Action]) -> Sequence[Action]:
        return change_replies(honest, _with_offer) if event.stage is Stage.EHLO and event.encrypted else honest


def _with_offer(reply: bytes) -> bytes:
    first, _, rest = reply.partition(b"\r\n")
    return first + b"\r\n250-STARTTLS\r\n" + rest
