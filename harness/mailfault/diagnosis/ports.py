"""Ports of mail hosts: how each answers a SYN, and the failure that follows. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from mailfault.codes.failure import Failure
from mailfault_servers.facts import PortOpened
from mailfault_servers.journal import Entry

LISTENING = "listening"
LOSSY = "lossy"
"""State of a port that was open and that no connection reached, because packets were lost."""

SHUT: Mapping[str, tuple[Failure, str]] = {
    "refusing": (Failure.CONNECTION_REFUSED, "nothing listens at"),
    "unresponsive": (Failure.CONNECTION_TIMED_OUT, "no SYN is answered by"),
    "rejecting": (Failure.CONNECTION_REFUSED, "a firewall rejects connections to"),
    "unreachable": (Failure.CANNOT_CONNECT, "no route leads to"),
    "prohibited": (Failure.CANNOT_CONNECT, "a firewall forbids connections to"),
    LOSSY: (Failure.CONNECTION_TIMED_OUT, "packets were lost on the way to"),
}
"""Failure, and the words before the host's name, by state of the port. Every state but LISTENING is shut."""


@dataclass(frozen=True, slots=True)
class Port:
    """The SMTP port of a host's address."""

    host: str
    address: str
    state: str


def smtp_ports(entries: Iterable[Entry]) -> tuple[Port, ...]:
    """List the SMTP ports in the order in which they were opened; a port that changed its state stands there again."""
    return tuple(
        Port(entry.server, entry.fact.address, entry.fact.state)
        for entry in entries
        if isinstance(entry.fact, PortOpened) and entry.fact.service == "smtp"
    )
