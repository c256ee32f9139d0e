"""Inputs of a delivery: the connector and the envelope."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal, Protocol

from mailfault.reference_client.demand import Demand


class Clock(Protocol):
    """The only clock that this client reads."""

    def now(self) -> datetime:
        """Return the current time, with its zone."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """A connector: where mail goes and which TLS it demands. Limits are seconds.

    Raises ValueError if a setting lacks that the route or the TLS policy needs.
    """

    route: Literal["mx", "smart-host"]
    smart_host: str | None
    """Name of the host for route smart-host."""
    port: int
    resolver: tuple[str, int]
    """Address and port of the only name server to ask."""
    tls: Literal["none", "opportunistic", "required", "verified"]
    ca_file: Path | None = None
    """PEM file of the only authorities to trust."""
    crl_file: Path | None = None
    """PEM file of revocation lists to check the host's certificate against."""
    policies: tuple[str, ...] = ()
    """Policies of the recipients' domain to follow: "dane", "mta-sts"."""
    https_port: int | None = 443
    """Port of the policy hosts of MTA-STS."""
    cached_policy_file: Path | None = None
    """A cached MTA-STS policy that is still in force: JSON, {"id": "...", "policy": "..."}."""
    connect_s: float = 30.0
    command_s: float = 300.0
    """Limit for one whole reply (RFC 5321 4.5.3.2)."""
    dns_s: float = 10.0
    """Limit for one question to the name server."""
    hello_name: str = "client.example"

    def __post_init__(self) -> None:
        if self.route == "smart-host" and not self.smart_host:
            raise ValueError("route 'smart-host' needs the name of the smart host")
        if self.tls == "verified" and self.ca_file is None:
            raise ValueError("TLS policy 'verified' needs a ca_file: the authorities to trust")


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """A message and its recipients (RFC 5321 2.3.1). All recipients are in one domain."""

    sender: str
    recipients: tuple[str, ...]
    message: bytes
    """RFC 5322, lines ended by CRLF, dots not yet stuffed."""


@dataclass(frozen=True, slots=True)
class MailHost:
    """One address of one host."""

    name: str
    address: str
    demand: Demand | None = None
    """Demand of a policy of the recipients' domain."""
