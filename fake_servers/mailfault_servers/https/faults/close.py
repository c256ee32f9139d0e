from collections.abc import Sequence

from mailfault_servers import action
from mailfault_servers.action import Action
from mailfault_servers.fault import Event, Fault, fault
from mailfault_servers.https.event import Connected


@fault
class Close(Fault):
    """Take the connection and close it at once.

    What a load balancer does that has no web server behind it. There is no policy to be had (RFC 8461 3.3).
    """

    def react(self, event: Event, honest: Sequence[Action]) -> Sequence[Action]:
        return (action.Close(),) if isinstance(event, Connected) else honest
