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
    """Bytes that are left."""

    def pass_on(self, datagram: Datagram, honest: Sequence[Action]) -> Sequence[Action]:
        return [Send(action.data[: self.length]) if isinstance(action, Send) else action for action in honest]
