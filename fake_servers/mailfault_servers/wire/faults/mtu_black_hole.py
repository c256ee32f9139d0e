from collections.abc import Sequence
from typing import Annotated, Literal

from pydantic import Field

from mailfault_servers.action import Action, LosePackets
from mailfault_servers.fault import fault
from mailfault_servers.wire.loss import LossFault


@fault
class MtuBlackHole(LossFault):
    """A path that carries small packets only, and a firewall that keeps it secret: long ones vanish (RFC 2923 2.1).

    A tunnel or a DSL line has a smaller MTU than both ends believe, and the ICMP message "fragmentation needed" that
    would tell them is filtered. The session begins well, for commands and replies are short; then the message, or the
    host's certificates, never arrive, however often TCP sends them. In Postfix's log it is "timed out while sending
    message body", on the server's side "lost connection after DATA".
    """

    mtu: Annotated[int, Field(ge=68, le=65535)] = 576
    """The longest packet that gets through, in bytes, IP header and all."""
    towards: Literal["host", "client"] = "host"
    """The narrow direction: `host` loses the message, `client` the certificates."""

    def losses(self) -> Sequence[Action]:
        return (LosePackets(towards=self.towards, longer_than=self.mtu),)
