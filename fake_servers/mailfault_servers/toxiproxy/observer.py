"""Events of proxied connections, for an observer in this process."""

from dataclasses import dataclass
from typing import Literal, Protocol


@dataclass(frozen=True, slots=True)
class ConnectionOpened:
    """A client's connection continues to the upstream."""


@dataclass(frozen=True, slots=True)
class UpstreamRefused:
    """The upstream took no connection, so the client's was closed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ToxicActed:
    """A toxic affected a connection for the first time."""

    toxic: str
    """Its name."""
    type: str
    stream: str
    """upstream or downstream, as it was written when the toxic was made."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionClosed:
    """Both ends of a connection are closed."""

    by: Literal["client", "server", "toxic"]
    """The side that ended it. "toxic" with `toxic` None: the proxy was disabled or deleted."""
    how: Literal["fin", "rst"]
    """The kind of end: as the client or the server sent it, or as both ends received it from a toxic."""
    from_client_bytes: int
    to_server_bytes: int
    from_server_bytes: int
    to_client_bytes: int
    toxic: str | None = None
    """The name of the toxic that closed it."""


ProxyEvent = ConnectionOpened | UpstreamRefused | ToxicActed | ConnectionClosed


class ProxyObserver(Protocol):
    """Receives the events of all proxies, on the servers' loop."""

    def on_event(self, proxy: str, event: ProxyEvent, *, upstream: tuple[str, int] | None) -> None:
        """`upstream` is the local address of the proxy's connection to its upstream, which sees it as its peer."""
