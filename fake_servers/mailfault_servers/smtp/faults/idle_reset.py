from collections.abc import Sequence

from mailfault_servers.action import Action, Reset
from mailfault_servers.fault import Event, Fault, fault
from mailfault_servers.tcp.event import Idle


@fault
class IdleReset(Fault):
    """Reset (RST) a connection that the client keeps, before its next delivery begins.

    A server that was restarted, or a load balancer that has forgotten the connection. No message was under way: a right
    client connects anew and delivers.
    """

    optional: bool = True
    """A client that keeps no connection never meets it."""

    def react(self, event: Event, honest: Sequence[Action]) -> Sequence[Action]:
        return (Reset(),) if isinstance(event, Idle) else honest
