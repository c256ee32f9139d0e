from collections.abc import Sequence

from mailfault_servers.action import Action, Send
from mailfault_servers.fault import Event, Fault, fault
from mailfault_servers.smtp.event import Leaving
from mailfault_servers.smtp.masking import masked_text
from mailfault_servers.smtp.reply import Stage


@fault
class MaskedGreeting(Fault):
    """Rewrite the text of the greeting to asterisks, as a packet-inspecting firewall does (Cisco "fixup smtp").

    `220 ****...` is still a 220: the words of a greeting mean nothing to a client (RFC 5321 4.2), so this alone is no
    failure.
    """

    def react(self, event: Event, honest: Sequence[Action]) -> Sequence[Action]:
        if not isinstance(event, Leaving) or event.stage is not Stage.GREETING:
            return honest
        return [Send(masked_text(one.data)) if isinstance(one, Send) else one for one in honest]
