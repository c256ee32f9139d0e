from collections.abc import Sequence
from typing import Annotated, Literal

from pydantic import Field

from mailfault_servers.action import Action, Close, Reset
from mailfault_servers.fault import Event, Fault, fault
from mailfault_servers.proxy.event import ClientConnected


@fault
class FailsFirst(Fault):
    """End the first connections as soon as they are made, and let all later ones pass.

    A load balancer whose first back end is gone, or a service that is just starting. Toxiproxy has no toxic for it. The
    client has to try again; how soon is its own affair.
    """

    count: Annotated[int, Field(ge=1)] = 1
    """Connections that fail."""
    how: Literal["close", "reset"] = "reset"
    """FIN or RST."""

    def react(self, event: Event, honest: Sequence[Action]) -> Sequence[Action]:
        if not isinstance(event, ClientConnected) or event.number > self.count:
            return honest
        return (Close() if self.how == "close" else Reset(),)
