"""What certificate a server presents, as a value that faults change and the authority makes."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal

from mailfault_servers.action import Action
from mailfault_servers.fault import Event, Fault

_VALID_BEFORE = timedelta(days=30)
_VALID_AFTER = timedelta(days=60)


KeyKind = Literal["p-256", "p-384", "p-521", "ed25519", "rsa-2048", "rsa-1024"]


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthoritySpec:
    """An authority between root and host. The defaults are those of the usual intermediate."""

    not_before: datetime | None = None
    """None: as long in force as the usual intermediate. So with `not_after`."""
    not_after: datetime | None = None
    is_authority: bool = True
    """Whether it may sign certificates at all (RFC 5280 4.2.1.9)."""
    path_length: int | None = None
    """How many authorities may stand between it and the host; None: any number."""
    permitted: tuple[str, ...] = ()
    """The domains within which it may name hosts (RFC 5280 4.2.1.10); empty: all."""
    key: KeyKind = "p-256"


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificateSpec:
    """Everything that a certificate and the chain sent with it may differ in."""

    names: tuple[str, ...]
    """DNS names of the subject alternative name (RFC 6125 6.4)."""
    not_before: datetime
    not_after: datetime
    addresses: tuple[str, ...] = ()
    """IP addresses of the subject alternative name. With neither names nor addresses there is no such extension."""
    common_name: str | None = None
    """In the subject, where names stood before there were alternative names (RFC 6125 6.4.4)."""
    key: KeyKind = "p-256"
    signature: Literal["sound", "spoilt", "sha-1", "md5"] = "sound"
    """Spoilt: one bit of it is flipped. SHA-1 and MD5 need an issuer with an RSA key."""
    purpose: Literal["any", "client"] = "any"
    """What the extended key usage allows (RFC 5280 4.2.1.12)."""
    key_usage: Literal["handshakes", "documents"] = "handshakes"
    """What the key may sign (RFC 5280 4.2.1.3): digitalSignature and keyEncipherment, or contentCommitment alone."""
    unknown_critical: bool = False
    """Whether there is a critical extension that nobody has heard of."""
    must_staple: bool = False
    """Whether it wants an OCSP answer stapled to it (RFC 7633). None ever is."""
    version: Literal[1, 3] = 3
    """Version 1 knows no extensions."""
    authorities: tuple[AuthoritySpec, ...] = ()
    """Between root and host, from the root down; none: the usual intermediate."""
    sent: Literal["as due", "out of order", "host twice", "with root", "with another"] = "as due"
    """What of the chain goes out, and in what order (RFC 8446 4.4.2)."""
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
    address: str | None = None
    """The address that the client connected to, where a client did."""


@dataclass(frozen=True, slots=True)
class Present(Action):
    """Use this certificate for the handshake."""

    spec: CertificateSpec


class CertificateFault(Fault):
    """A fault that changes the certificate of a host, or the chain sent with it."""

    def react(self, event: Event, honest: Sequence[Action]) -> Sequence[Action]:
        if not isinstance(event, CertificateWanted):
            return honest
        return [
            Present(self.change(action.spec, event)) if isinstance(action, Present) else action for action in honest
        ]

    def change(self, spec: CertificateSpec, wanted: CertificateWanted) -> CertificateSpec:
        """Return the certificate to present in place of `spec`."""
        raise NotImplementedError(f"{type(self).__name__} does not say what it presents")


def honest_spec(host: str, now: datetime) -> CertificateSpec:
    """A certificate as an honest host has it. Dates are whole days of UTC, so that one made today serves all day."""
    today = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    return CertificateSpec(names=(host,), not_before=today - _VALID_BEFORE, not_after=today + _VALID_AFTER)
