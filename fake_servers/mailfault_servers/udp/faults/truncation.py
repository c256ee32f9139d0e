from collections.abc import Sequence
from typing import Annotated

from pydantic import Field

from mailfault_servers.action import Action, Send
from mailfault_servers.fault import fault
from mailfault_servers.udp.datagram import Datagram, DatagramFault


@fault
class Truncation(DatagramFault):
    """Cut datagrams short on the way.

    What arrives begins like an answer and breaks off, and no TC says so. It cannot be read and has to be ignored, as if
    it had never come.
    """

    length: Annotated[int, Field(ge=0)] = 20
    """How many bytes are left."""

    def pass_on(self, datagram: Datagram, honest: Sequence[Action]) -> Sequence[Action]:
        return [Send(one.data[: self.length]) if isinstance(one, Send) else one for one in honest]
