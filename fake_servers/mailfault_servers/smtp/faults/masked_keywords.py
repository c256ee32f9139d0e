from collections.abc import Sequence

from mailfault_servers.action import Action, Send
from mailfault_servers.fault import fault
from mailfault_servers.smtp.event import CommandArrived, ReplyReady
from mailfault_servers.smtp.masking import masked_keywords
from mailfault_servers.smtp.reply import Stage
from mailfault_servers.smtp.stage_fault import SmtpFault, change_replies

_NOT_KNOWN = Send(b"500 5.5.1 Command unrecognized: XXXXXXXX\r\n")


@fault
class MaskedKeywords(SmtpFault):
    """Rewrite EHLO keywords to X's, as a packet-inspecting firewall does: STARTTLS arrives as XXXXXXXA.

    The firewall wants to read the mail, so it hides that the server could encrypt it. For the client STARTTLS is not
    offered; the firewall also answers it with 500 where it is tried all the same.
    """

    def on_reply(self, event: ReplyReady, honest: Sequence[Action]) -> Sequence[Action]:
        return change_replies(honest, masked_keywords) if event.stage is Stage.EHLO else honest

    def on_command(self, event: CommandArrived, honest: Sequence[Action]) -> Sequence[Action]:
        return (_NOT_KNOWN,) if event.stage is Stage.STARTTLS else honest
