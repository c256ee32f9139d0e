from collections.abc import Sequence

from mailfault_servers.action import Action, Close
from mailfault_servers.fault import fault
from mailfault_servers.smtp.event import ReplyReady
from mailfault_servers.smtp.reply import Stage
from mailfault_servers.smtp.stage_fault import SmtpFault


@fault
class StarttlsNoCloseNotify(SmtpFault):
    """Close the connection under TLS without saying so first, where QUIT is to be answered (RFC 8446 6.1).

    Many servers do. Without close_notify nobody can tell an end from a cut, but every reply that counted had been
    heard: the message was taken over with the 250 to the final dot.
    """

    former_ids = ("tls.no-close-notify",)

    def on_reply(self, event: ReplyReady, honest: Sequence[Action]) -> Sequence[Action]:
        return (Close(close_notify=False),) if event.stage is Stage.QUIT and event.encrypted else honest
