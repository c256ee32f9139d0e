from collections.abc import Sequence
from typing import Annotated

from pydantic import Field

from mailfault_servers.action import Action, LosePackets
from mailfault_servers.fault import fault
from mailfault_servers.wire.loss import LossFault


@fault
class PacketLoss(LossFault):
    """A bad link: every n-th packet to the host is lost, and every n-th from it.

    A radio link, a full queue, a cable with a fault. TCP sends again what was not acknowledged, a fifth of a second or
    more later (RFC 6298), so that nothing is missing and everything is slow: a client must not give up before its
    limit. Which packets are lost is counted, not drawn by chance.
    """

    every: Annotated[int, Field(ge=2)] = 5
    """Lose every n-th packet in either direction, counted from the start of the delivery."""

    def losses(self) -> Sequence[Action]:
        return (LosePackets(towards="host", every=self.every), LosePackets(towards="client", every=self.every))
