from collections.abc import Sequence

from mailfault_servers.action import Action
from mailfault_servers.fault import fault
from mailfault_servers.smtp.event import ReplyReady
from mailfault_servers.smtp.masking import masked_text
from mailfault_servers.smtp.reply import Stage
from mailfault_servers.smtp.stage_fault import SmtpFault, change_replies


@fault
class MaskedGreeting(SmtpFault):
    """Rewrite the text of the greeting to asterisks, as a packet-inspecting firewall does (Cisco "fixup smtp").

    `220 ****...` is still a 220: the words of a greeting mean nothing to a client (RFC 5321 4.2), so this alone is no
    failure.
    """

    def on_reply(self, event: ReplyReady, honest: Sequence[Action]) -> Sequence[Action]:
        return change_replies(honest, masked_text) if event.stage is Stage.GREETING else honest
