from collections.abc import Sequence

from mailfault_servers.action import Action, Close
from mailfault_servers.fault import Event, Fault, fault
from mailfault_servers.tcp.event import Idle


@fault
class IdleClose(Fault):
    """Close (FIN) a connection that the client keeps, before its next delivery begins, without a word.

    RFC 5321 3.8 forbids it and many servers do it. The client's next write still succeeds, and only its next read says
    that the connection is gone. No message was under way: a right client connects anew and delivers.
    """

    optional: bool = True
    """A client that keeps no connection never meets it."""

    def react(self, event: Event, honest: Sequence[Action]) -> Sequence[Action]:
        return (Close(),) if isinstance(event, Idle) else honest
