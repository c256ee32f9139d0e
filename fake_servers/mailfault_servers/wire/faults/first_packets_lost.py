from collections.abc import Sequence
from typing import Annotated

from pydantic import Field

from mailfault_servers.action import Action, LosePackets
from mailfault_servers.fault import fault
from mailfault_servers.wire.loss import LossFault


@fault
class FirstPacketsLost(LossFault):
    """The first packets to the host are lost: its SYNs go unanswered until one gets through.

    A stateful firewall that drops what it does not know yet, a router that is still asking for the host's hardware
    address. TCP sends another SYN after one second, and after three (RFC 6298 2.1): the connection comes late, and well
    within the minutes that a mail client should wait. A client that gives up within a second is too hasty.
    """

    count: Annotated[int, Field(ge=1)] = 1
    """Number of packets that are lost."""

    def losses(self) -> Sequence[Action]:
        return (LosePackets(towards="host", first=self.count),)
