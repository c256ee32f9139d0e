"""The certificate that a server presents, as a value that faults change and the authority makes."""

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
    """Start of validity. Absent dates are those of the usual intermediate."""
    not_after: datetime | None = None
    is_authority: bool = True
    """True if it may sign certificates (RFC 5280 4.2.1.9)."""
    path_length: int | None = None
    """Number of authorities allowed between it and the host. None: any number."""
    permitted: tuple[str, ...] = ()
    """Domains within which it may name hosts (RFC 5280 4.2.1.10); empty: all."""
    key: KeyKind = "p-256"


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificateSpec:
    """All variable parts of a certificate and of the chain sent with it."""

    names: tuple[str, ...]
    """DNS names of the subject alternative name (RFC 6125 6.4)."""
    not_before: datetime
    not_after: datetime
    addresses: tuple[str, ...] = ()
    """IP addresses of the subject alternative name. With neither names nor addresses there is no such extension."""
    common_name: str | None = None
    """Name in the subject, the place of names before alternative names existed (RFC 6125 6.4.4)."""
    key: KeyKind = "p-256"
    signature: Literal["sound", "spoilt", "sha-1", "md5"] = "sound"
    """The signature; "spoilt" flips one bit of it. SHA-1 and MD5 need an issuer with an RSA key."""
    purpose: Literal["any", "client"] = "any"
    """The purpose in the extended key usage (RFC 5280 4.2.1.12)."""
    key_usage: Literal["handshakes", "documents"] = "handshakes"
    """The key usage (RFC 5280 4.2.1.3): digitalSignature and keyEncipherment, or contentCommitment alone."""
    unknown_critical: bool = False
    """True if it has a critical extension that no client knows."""
    must_staple: bool = False
    """True if it demands a stapled OCSP response (RFC 7633), which is never sent."""
    version: Literal[1, 3] = 3
    """The version; version 1 has no extensions."""
    authorities: tuple[AuthoritySpec, ...] = ()
    """Authorities between root and host, from the root down. Empty: the usual intermediate."""
    sent: Literal["as due", "out of order", "host twice", "with root", "with another"] = "as due"
    """The certificates sent, and their order (RFC 8446 4.4.2)."""
    issuer: Literal["intermediate", "stranger", "self"] = "intermediate"
    """The signer: the world's intermediate, an authority that no client trusts, or the key itself."""
    send_intermediate: bool = True
    """True if the intermediate's certificate is sent with the leaf, as it must be (RFC 8446 4.4.2)."""
    revoked: bool = False
    """True if its serial number is in the authority's revocation list."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificateWanted(Event):
    """A TLS handshake is about to begin. Honest: `Present(honest_spec(host, now))`."""

    host: str
    now: datetime
    address: str | None = None
    """The address that the client connected to, if one did."""


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
    """Return the certificate of an honest host. Dates are whole days of UTC, so that one certificate serves all day."""
    today = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    return CertificateSpec(names=(host,), not_before=today - _VALID_BEFORE, not_after=today + _VALID_AFTER)
