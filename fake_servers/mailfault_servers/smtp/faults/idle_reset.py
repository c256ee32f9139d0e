from collections.abc import Sequence

from mailfault_servers.action import Action, Reset
from mailfault_servers.fault import fault
from mailfault_servers.smtp.stage_fault import IdleFault
from mailfault_servers.tcp.event import Idle


@fault
class IdleReset(IdleFault):
    """Reset (RST) a connection that the client keeps, before its next delivery begins.

    A server that was restarted, or a load balancer that has forgotten the connection. No message was under way: a right
    client connects again and delivers.
    """

    def on_idle(self, event: Idle, honest: Sequence[Action]) -> Sequence[Action]:
        return (Reset(),)
