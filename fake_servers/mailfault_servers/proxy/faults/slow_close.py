from collections.abc import Mapping

from mailfault_servers.fault import Seconds, fault
from mailfault_servers.proxy.toxic_fault import ToxicFault, milliseconds


@fault
class SlowClose(ToxicFault):
    """Delay the end of a connection (Toxiproxy `slow_close`).

    All that was said has arrived; only the FIN comes late. A client that waits for the server's FIN before it calls the
    mail delivered waits for nothing.
    """

    delay: Seconds = 0.1
    """The delay of the FIN."""

    def attributes(self) -> Mapping[str, int]:
        return {"delay": milliseconds(self.delay)}
