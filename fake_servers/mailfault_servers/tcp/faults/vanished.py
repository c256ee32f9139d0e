from collections.abc import Sequence

from mailfault_servers.action import Action, FillBacklog, Hang
from mailfault_servers.fault import Event, fault
from mailfault_servers.tcp.event import Idle
from mailfault_servers.tcp.port import PortFault


@fault
class Vanished(PortFault):
    """The host is gone without a word: nothing is answered on kept connections, and no SYN either.

    Its power was cut, or its network. A client that keeps a connection learns it only by its own limit, and then again
    when it connects again: what it reports is that nobody answers.
    """

    def react(self, event: Event, honest: Sequence[Action]) -> Sequence[Action]:
        return (Hang(),) if isinstance(event, Idle) else super().react(event, honest)

    def answer(self) -> Action:
        return FillBacklog()
