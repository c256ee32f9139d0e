from collections.abc import Sequence

from mailfault_servers.action import Action, Wait
from mailfault_servers.fault import Event, Fault, Seconds, fault
from mailfault_servers.tls.handshake import FlightLeaving


@fault
class SlowHandshake(Fault):
    """Take a long time over the server's half of the handshake.

    A busy server, or one that asks somebody else for the key. Within the client's limit nothing has gone wrong. Beyond
    it the connection, which was well until then, comes to nothing.
    """

    by: Seconds = 0.2
    """Time for which the ClientHello waits for an answer."""

    def react(self, event: Event, honest: Sequence[Action]) -> Sequence[Action]:
        return (Wait(self.by), *honest) if isinstance(event, FlightLeaving) and event.number == 1 else honest
