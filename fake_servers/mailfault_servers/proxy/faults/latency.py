from collections.abc import Mapping

from mailfault_servers.fault import Seconds, fault
from mailfault_servers.proxy.toxic_fault import ToxicFault, milliseconds


@fault
class Latency(ToxicFault):
    """Delay everything in one direction (Toxiproxy `latency`).

    A long way, or a busy one. Within the client's limits this is no failure at all; past them every reply comes too
    late, and the client has left by the time it is there.
    """

    delay: Seconds = 0.1
    """The delay of everything."""
    jitter: Seconds = 0.0
    """Time more or less than that, by the scenario's seed."""

    def attributes(self) -> Mapping[str, int]:
        return {"latency": milliseconds(self.delay), "jitter": milliseconds(self.jitter)}
