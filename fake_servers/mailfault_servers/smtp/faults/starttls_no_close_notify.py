from collections.abc import Sequence

from mailfault_servers.action import Action, Close
from mailfault_servers.fault import Event, Fault, fault
from mailfault_servers.smtp.event import Leaving
from mailfault_servers.smtp.reply import Stage


@fault
class StarttlsNoCloseNotify(Fault):
    """Close the connection under TLS without saying so first, where QUIT is to be answered (RFC 8446 6.1).

    Many servers do. Without close_notify nobody can tell an end from a cut, but every reply that counted had been
    heard: the message was taken over with the 250 to the final dot.
    """

    former_ids = ("tls.no-close-notify",)

    def react(self, event: Event, honest: Sequence[Action]) -> Sequence[Action]:
        last = isinstance(event, Leaving) and event.stage is Stage.QUIT and event.encrypted
        return (Close(close_notify=False),) if last else honest
