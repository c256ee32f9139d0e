from collections.abc import Mapping

from mailfault_servers.fault import Seconds, fault
from mailfault_servers.proxy.toxic_fault import ToxicFault, milliseconds


@fault
class ResetPeer(ToxicFault):
    """Reset the connection, at once or after a time (Toxiproxy `reset_peer`).

    What a firewall does to a session that it does not like, or a load balancer to one whose back end went. The client
    reads ECONNRESET in the midst of a conversation: it was closed abruptly, and not refused.
    """

    after: Seconds = 0.0
    """Time after the connection was made. 0: at once."""

    def attributes(self) -> Mapping[str, int]:
        return {"timeout": milliseconds(self.after)}
