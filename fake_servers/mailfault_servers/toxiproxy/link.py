"""What a proxy tells about its connections, for who wants to know."""

from dataclasses import dataclass
from typing import Literal, Protocol


@dataclass(frozen=True, slots=True)
class LinkOpened:
    """A client's connection goes on to the upstream."""


@dataclass(frozen=True, slots=True)
class UpstreamRefused:
    """The upstream took no connection, so the client's was closed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ToxicActed:
    """A toxic did something to a connection for the first time."""

    toxic: str
    """Its name."""
    type: str
    stream: str
    """upstream or downstream, as it was written when the toxic was made."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkClosed:
    """Both ends of a connection are closed."""

    by: Literal["client", "server", "toxic"]
    """What ended it. "toxic" with `toxic` None: the proxy was disabled or deleted."""
    how: Literal["fin", "rst"]
    """How the client or the server ended it; where a toxic did, how both ends saw it."""
    to_client_bytes: int
    to_server_bytes: int
    toxic: str | None = None
    """The name of the toxic that closed it."""


LinkFact = LinkOpened | UpstreamRefused | ToxicActed | LinkClosed


class LinkObserver(Protocol):
    """Somebody who is told, on the servers' loop, what proxies do."""

    def link(self, proxy: str, fact: LinkFact, *, upstream: tuple[str, int] | None) -> None:
        """`upstream` is the local address of the proxy's connection to its upstream, which sees it as its peer."""
