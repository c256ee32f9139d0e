"""Faults that lose packets on the way to an honest host."""

from collections.abc import Sequence
from typing import ClassVar

from mailfault_servers.action import Action
from mailfault_servers.tcp.port import PortFault


class LossFault(PortFault):
    """A fault that leaves the port open and loses some packets to or from it."""

    needs_link: ClassVar[bool] = True
    loses_packets: ClassVar[bool] = True

    def opening(self, honest: Sequence[Action]) -> Sequence[Action]:
        return (*honest, *self.losses())

    def losses(self) -> Sequence[Action]:
        """Return the packets to lose."""
        raise NotImplementedError(f"{type(self).__name__} does not say what it loses")
