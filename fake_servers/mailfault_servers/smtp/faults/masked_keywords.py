from collections.abc import Sequence

from mailfault_servers.action import Action, Send
from mailfault_servers.fault import Event, Fault, fault
from mailfault_servers.smtp.event import Arrived, Leaving
from mailfault_servers.smtp.masking import masked_keywords
from mailfault_servers.smtp.reply import Stage

_NOT_KNOWN = Send(b"500 5.5.1 Command unrecognized: XXXXXXXX\r\n")


@fault
class MaskedKeywords(Fault):
    """Rewrite EHLO keywords to X's, as a packet-inspecting firewall does: STARTTLS arrives as XXXXXXXA.

    The firewall wants to read the mail, so it hides that the server could encrypt it. For the client STARTTLS is not
    offered; the firewall also answers it with 500 where it is tried all the same.
    """

    def react(self, event: Event, honest: Sequence[Action]) -> Sequence[Action]:
        if isinstance(event, Leaving) and event.stage is Stage.EHLO:
            return [Send(masked_keywords(one.data)) if isinstance(one, Send) else one for one in honest]
        if isinstance(event, Arrived) and event.stage is Stage.STARTTLS:
            return (_NOT_KNOWN,)
        return honest
