"""What certificate a server presents, as a value that faults change and the authority makes."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal

from fake_servers.action import Action
from fake_servers.fault import Event

_VALID_BEFORE = timedelta(days=30)
_VALID_AFTER = timedelta(days=60)


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificateSpec:
    """Everything that a certificate and the chain sent with it may differ in."""

    names: tuple[str, ...]
    """DNS names of the subject alternative name (RFC 6125 6.4)."""
    not_before: datetime
    not_after: datetime
    issuer: Literal["intermediate", "stranger", "self"] = "intermediate"
    """The world's authority by way of its intermediate, an authority that nobody was told of, or the key itself."""
    send_intermediate: bool = True
    """Whether the intermediate's certificate goes out with the leaf, as it must (RFC 8446 4.4.2)."""
    revoked: bool = False
    """Whether its serial number stands in the authority's revocation list."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificateWanted(Event):
    """A TLS handshake is about to begin. Honest: `Present(honest_spec(host, now))`."""

    host: str
    now: datetime


@dataclass(frozen=True, slots=True)
class Present(Action):
    """Use this certificate for the handshake."""

    spec: CertificateSpec


def honest_spec(host: str, now: datetime) -> CertificateSpec:
    """A certificate as an honest host has it. Dates are whole days of UTC, so that one made today serves all day."""
    today = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    return CertificateSpec(names=(host,), not_before=today - _VALID_BEFORE, not_after=today + _VALID_AFTER)
