from collections.abc import Sequence

from mailfault_servers.action import Action, Send
from mailfault_servers.fault import Event, Fault, fault
from mailfault_servers.smtp.event import CommandArrived, ReplyReady
from mailfault_servers.smtp.masking import without_keyword
from mailfault_servers.smtp.reply import Stage

_NOT_KNOWN = Send(b"502 5.5.1 STARTTLS is not implemented\r\n")


@fault
class StarttlsMissing(Fault):
    """Do not offer STARTTLS in the EHLO reply, and do not know the command (RFC 3207 4).

    A server without a certificate, or an attacker who strips the keyword: from the client's end they look alike. A
    client that must have TLS stops here, before MAIL; one that takes what it can get goes on in clear.
    """

    def react(self, event: Event, honest: Sequence[Action]) -> Sequence[Action]:
        if isinstance(event, ReplyReady) and event.stage is Stage.EHLO:
            return [Send(without_keyword(one.data, "STARTTLS")) if isinstance(one, Send) else one for one in honest]
        if isinstance(event, CommandArrived) and event.stage is Stage.STARTTLS:
            return (_NOT_KNOWN,)
        return honest
