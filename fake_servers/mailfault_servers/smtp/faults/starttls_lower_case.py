from collections.abc import Sequence

from mailfault_servers.action import Action
from mailfault_servers.fault import fault
from mailfault_servers.smtp.event import ReplyReady
from mailfault_servers.smtp.reply import Stage
from mailfault_servers.smtp.stage_fault import SmtpFault, change_replies


@fault
class StarttlsLowerCase(SmtpFault):
    """Offer STARTTLS in small letters. Keywords are not case-sensitive (RFC 5321 2.4).

    The offer is as good as any. A client that compares letter by letter does not see it, and stays in clear or gives
    up.
    """

    former_ids = ("tls.lower-case-keyword",)

    def on_reply(self, event: ReplyReady, honest: Sequence[Action]) -> Sequence[Action]:
        if event.stage is not Stage.EHLO or event.encrypted:
            return honest
        return change_replies(honest, lambda reply: reply.replace(b"STARTTLS", b"starttls"))
