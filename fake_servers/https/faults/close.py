from collections.abc import Sequence

from fake_servers.action import Action, Close
from fake_servers.fault import Event, Fault, fault
from fake_servers.https.event import Connected


@fault
class CloseConnection(Fault):
    """Take the connection and close it at once.

    What a load balancer does that has no web server behind it. There is no policy to be had (RFC 8461 3.3).
    """

    def react(self, event: Event, honest: Sequence[Action]) -> Sequence[Action]:
        return (Close(),) if isinstance(event, Connected) else honest
