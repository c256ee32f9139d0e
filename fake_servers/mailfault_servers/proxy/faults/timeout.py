from collections.abc import Mapping

from mailfault_servers.fault import Seconds, fault
from mailfault_servers.proxy.toxic_fault import ToxicFault, milliseconds


@fault
class Timeout(ToxicFault):
    """Let nothing through, and close the connection after a time (Toxiproxy `timeout`).

    A link that died: what is sent into it is lost and nobody says so. With no time given it is never closed, and only
    the client's own limit ends the waiting.
    """

    after: Seconds = 0.0
    """Time until the connection is closed. 0: never."""

    def attributes(self) -> Mapping[str, int]:
        return {"timeout": milliseconds(self.after)}
