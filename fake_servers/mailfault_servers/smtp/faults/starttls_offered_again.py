from collections.abc import Sequence

from mailfault_servers.action import Action, Send
from mailfault_servers.fault import Event, Fault, fault
from mailfault_servers.smtp.event import Leaving
from mailfault_servers.smtp.reply import Stage


@fault
class StarttlsOfferedAgain(Fault):
    """Offer STARTTLS again under TLS, which a server must not do (RFC 3207 4.2).

    The client has what it wanted and has no use for it. One that takes the offer is refused with 503, or loops.
    """

    former_ids = ("tls.offered-again",)

    def react(self, event: Event, honest: Sequence[Action]) -> Sequence[Action]:
        if not isinstance(event, Leaving) or event.stage is not Stage.EHLO or not event.encrypted:
            return honest
        return [_with_offer(one) if isinstance(one, Send) else one for one in honest]


def _with_offer(reply: Send) -> Send:
    first, _, rest = reply.data.partition(b"\r\n")
    return Send(first + b"\r\n250-STARTTLS\r\n" + rest)
