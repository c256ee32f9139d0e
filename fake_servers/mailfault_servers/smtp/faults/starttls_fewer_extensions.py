from collections.abc import Sequence

from mailfault_servers.action import Action, Send
from mailfault_servers.fault import Event, Fault, fault
from mailfault_servers.smtp.event import Arrived, Leaving
from mailfault_servers.smtp.masking import without_keyword
from mailfault_servers.smtp.reply import Stage

_NOT_KNOWN = Send(b"555 5.5.4 MAIL FROM parameters not recognized or not implemented\r\n")


@fault
class StarttlsFewerExtensions(Fault):
    """Offer SIZE in clear, and neither offer nor know it under TLS.

    What was offered before the handshake may have come from anybody: the client must forget it and ask anew (RFC 3207
    4.2). One that remembers sends SIZE= with MAIL, and is refused.
    """

    former_ids = ("tls.fewer-extensions",)

    def react(self, event: Event, honest: Sequence[Action]) -> Sequence[Action]:
        if isinstance(event, Leaving) and event.stage is Stage.EHLO and event.encrypted:
            return [Send(without_keyword(one.data, "SIZE")) if isinstance(one, Send) else one for one in honest]
        if (
            isinstance(event, Arrived)
            and event.stage is Stage.MAIL
            and event.encrypted
            and "SIZE=" in event.line.upper()
        ):
            return (_NOT_KNOWN,)
        return honest
