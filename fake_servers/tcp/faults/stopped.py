from collections.abc import Sequence

from fake_servers.action import Action, Close, Refuse
from fake_servers.fault import Event, Fault, fault
from fake_servers.smtp.event import Idle
from fake_servers.tcp.port import PortOpening


@fault
class Stopped(Fault):
    """The mail service is stopped: kept connections are closed (FIN), and new ones refused (RST).

    The machine is up and its service is being restarted. With `attempts = [2]` it is down for the second delivery and
    up again for the third. Nothing was said about any message: keep it queued and try again.
    """

    def react(self, event: Event, honest: Sequence[Action]) -> Sequence[Action]:
        if isinstance(event, PortOpening):
            return (Refuse(),)
        return (Close(),) if isinstance(event, Idle) else honest
