from collections.abc import Sequence

from mailfault_servers.action import Action, Send
from mailfault_servers.fault import fault
from mailfault_servers.smtp.event import CommandArrived, ReplyReady
from mailfault_servers.smtp.masking import without_keyword
from mailfault_servers.smtp.reply import Stage
from mailfault_servers.smtp.stage_fault import SmtpFault, change_replies

_NOT_KNOWN = Send(b"502 5.5.1 STARTTLS is not implemented\r\n")


@fault
class StarttlsMissing(SmtpFault):
    """Do not offer STARTTLS in the EHLO reply, and do not know the command (RFC 3207 4).

    A server without a certificate, or an attacker who strips the keyword: from the client's end they look alike. A
    client that must have TLS stops here, before MAIL; one that takes what it can get goes on in clear.
    """

    def on_reply(self, event: ReplyReady, honest: Sequence[Action]) -> Sequence[Action]:
        if event.stage is not Stage.EHLO:
            return honest
        return change_replies(honest, lambda reply: without_keyword(reply, "STARTTLS"))

    def on_command(self, event: CommandArrived, honest: Sequence[Action]) -> Sequence[Action]:
        return (_NOT_KNOWN,) if event.stage is Stage.STARTTLS else honest
