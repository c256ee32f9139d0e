from collections.abc import Sequence

from mailfault_servers.action import Action, Send
from mailfault_servers.fault import Event, Fault, fault
from mailfault_servers.smtp.event import Leaving
from mailfault_servers.smtp.reply import Stage


@fault
class StarttlsLowerCase(Fault):
    """Offer STARTTLS in small letters. Keywords are not case-sensitive (RFC 5321 2.4).

    The offer is as good as any. A client that compares letter by letter does not see it, and stays in clear or gives
    up.
    """

    former_ids = ("tls.lower-case-keyword",)

    def react(self, event: Event, honest: Sequence[Action]) -> Sequence[Action]:
        if not isinstance(event, Leaving) or event.stage is not Stage.EHLO or event.encrypted:
            return honest
        return [Send(one.data.replace(b"STARTTLS", b"starttls")) if isinstance(one, Send) else one for one in honest]
