from collections.abc import Sequence

from mailfault_servers.action import Action, Close, Refuse
from mailfault_servers.fault import Event, fault
from mailfault_servers.tcp.event import Idle
from mailfault_servers.tcp.port import PortFault


@fault
class Stopped(PortFault):
    """The mail service is stopped: kept connections are closed (FIN), and new ones refused (RST).

    The machine is up and its service is being restarted. With `attempts = [2]` it is down for the second delivery and
    up again for the third. Nothing was said about any message: keep it queued and try again.
    """

    def react(self, event: Event, honest: Sequence[Action]) -> Sequence[Action]:
        return (Close(),) if isinstance(event, Idle) else super().react(event, honest)

    def answer(self) -> Action:
        return Refuse()
