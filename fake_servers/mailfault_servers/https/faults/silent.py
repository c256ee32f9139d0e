from collections.abc import Sequence

from mailfault_servers.action import Action, Hang
from mailfault_servers.fault import Event, Fault, fault
from mailfault_servers.https.event import Connected


@fault
class Silent(Fault):
    """Take the connection and say nothing: no TLS, no answer.

    The policy host hangs. A right client has a limit for the whole fetch, gives up, and delivers as if the domain had
    no policy, or by the one that it knows from before (RFC 8461 3.3). Mail must not wait for a web server.
    """

    def react(self, event: Event, honest: Sequence[Action]) -> Sequence[Action]:
        return (Hang(),) if isinstance(event, Connected) else honest
