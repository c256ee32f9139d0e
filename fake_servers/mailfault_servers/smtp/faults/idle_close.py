from collections.abc import Sequence

from mailfault_servers.action import Action, Close
from mailfault_servers.fault import fault
from mailfault_servers.smtp.stage_fault import IdleFault
from mailfault_servers.tcp.event import Idle


@fault
class IdleClose(IdleFault):
    """Close (FIN) a connection that the client keeps, before its next delivery begins, without a word.

    RFC 5321 3.8 forbids it and many servers do it. The client's next write still succeeds, and only its next read says
    that the connection is gone. No message was under way: a right client connects again and delivers.
    """

    def on_idle(self, event: Idle, honest: Sequence[Action]) -> Sequence[Action]:
        return (Close(),)
