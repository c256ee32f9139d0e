"""DANE for SMTP: demands of TLSA records on the certificate of a host (RFC 7672, RFC 7671).

Only answers that the resolver has verified (AD) count. A failed look-up makes the host unusable: an attacker who
suppresses the answer may also answer in the host's place.
"""

import hashlib
import ssl
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Any

import dns.exception
import dns.resolver
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from dns.rdtypes.ANY.TLSA import TLSA

from mailfault.reference_client.demand import Demand, PolicyError
from mailfault.reference_client.resolve import Resolver

_TA, _EE = 2, 3
_DIGESTS: dict[int, Callable[[bytes], bytes]] = {
    0: bytes,
    1: lambda data: hashlib.sha256(data).digest(),
    2: lambda data: hashlib.sha512(data).digest(),
}
_NO_TLS, _EXPIRED, _NO_MATCH, _NO_DNSSEC, _WRONG_NAME = "4.7.321", "4.7.322", "4.7.323", "4.7.324", "4.7.325"


@dataclass(frozen=True, slots=True)
class DaneDemand:
    """TLS with a certificate that one of the records vouches for; without usable records TLS alone (RFC 7672 2.2)."""

    records: tuple[TLSA, ...]
    """The usable records."""
    what: str = "DANE"
    no_tls_code: str = _NO_TLS
    certificate_code: str = _NO_MATCH
    verified: bool = False

    def check(self, tls: ssl.SSLObject, *, names: tuple[str, ...], now: datetime) -> None:
        """Check the certificate. Raises PolicyError with Microsoft's code for the mismatch."""
        if self.records:
            self.check_presented(presented_chain(tls), names=names, now=now)

    def check_presented(self, chain: Sequence[x509.Certificate], *, names: tuple[str, ...], now: datetime) -> None:
        """Check that a record vouches for the chain. Raises PolicyError.

        Usage 3 vouches for the host's certificate, whatever its name and dates (RFC 7672 3.1.1), usage 2 for an
        authority."""
        if any(record.usage == _EE and matches(record, chain[0]) for record in self.records):
            return
        anchors = [
            place
            for place, certificate in enumerate(chain)
            if any(record.usage == _TA and matches(record, certificate) for record in self.records)
        ]
        if not anchors:
            raise PolicyError("no TLSA record matches the certificate", code=_NO_MATCH)
        self.check_chain(chain[: anchors[0] + 1], names=names, now=now)

    def check_chain(self, chain: Sequence[x509.Certificate], *, names: tuple[str, ...], now: datetime) -> None:
        """Check that the authority, last in the chain, vouches for the first certificate. Raises PolicyError."""
        check_chain(chain, names=names, now=now)


def check_chain(chain: Sequence[x509.Certificate], *, names: tuple[str, ...], now: datetime) -> None:
    """Check that the last certificate of a chain vouches for the first, for one of the names, now (RFC 7672 3.1.2).

    Raises PolicyError.
    """
    for certificate, issuer in pairwise(chain):
        try:
            certificate.verify_directly_issued_by(issuer)
        except (ValueError, TypeError, InvalidSignature):
            raise PolicyError("the certificate is not signed by what the TLSA record names", code=_NO_MATCH) from None
    if any(now > certificate.not_valid_after_utc for certificate in chain):
        raise PolicyError("the certificate has expired", code=_EXPIRED)
    if any(now < certificate.not_valid_before_utc for certificate in chain):
        raise PolicyError("the certificate is not valid yet", code=_NO_MATCH)
    if not any(is_for(chain[0], name) for name in names):
        raise PolicyError(f"the certificate is not for {' or '.join(names)}", code=_WRONG_NAME)


class TlsaFinder:
    """A finder of the demands of TLSA records. Small methods make its decisions."""

    def __init__(self, *, resolver: Resolver, port: int) -> None:
        self.resolver = resolver
        self.port = port

    async def demand_on(self, name: str) -> Demand | None:
        """Find the demand on a host whose address was just looked up. Return None if no TLSA record counts.

        Raises PolicyError if the records cannot be looked up.
        """
        if not self.is_secure(name, "A", "AAAA"):
            return None
        for base in self.bases(name):
            if records := await self.records(f"_{self.port}._tcp.{base}"):
                return self.demand_of(records)
        return None

    def is_secure(self, name: str, *kinds: str) -> bool:
        """Return True if the last answers about a name were verified (RFC 7672 2.1.1)."""
        return self.resolver.is_secure(name, *kinds)

    def bases(self, name: str) -> tuple[str, ...]:
        """List the names that may own a host's records: the target of its aliases, then its own name (RFC 7672
        2.2.2)."""
        return tuple(dict.fromkeys((self.resolver.canonical(name), name)))

    async def records(self, owner: str) -> tuple[TLSA, ...]:
        """Look up the verified TLSA records of a name. Raises PolicyError if that fails (RFC 7672 2.1.2)."""
        try:
            found = await self.resolver.query(owner, "TLSA")
        except dns.resolver.NXDOMAIN:
            return ()
        except dns.resolver.LifetimeTimeout as error:
            raise PolicyError(f"the TLSA records of {owner} cannot be looked up: {error}") from error
        except dns.exception.DNSException as error:
            words = f"the TLSA records of {owner} cannot be looked up: {error}"
            raise PolicyError(words, code=_NO_DNSSEC) from error
        return tuple(record for record in found if isinstance(record, TLSA)) if self.is_secure(owner, "TLSA") else ()

    def demand_of(self, records: Sequence[TLSA]) -> Demand | None:
        """Make a demand of the usable records."""
        return DaneDemand(tuple(record for record in records if is_usable(record)))


def is_usable(record: TLSA) -> bool:
    """Return True if SMTP clients use this kind of record: not usages 0 and 1 (RFC 7672 3.1.3)."""
    return record.usage in (_TA, _EE) and record.selector in (0, 1) and record.mtype in _DIGESTS


def matches(record: TLSA, certificate: x509.Certificate) -> bool:
    """Return True if a usable record matches this certificate or its key (RFC 6698 2.1)."""
    if record.selector == 0:
        chosen = certificate.public_bytes(serialization.Encoding.DER)
    else:
        chosen = certificate.public_key().public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
        )
    return bool(_DIGESTS[record.mtype](chosen) == record.cert)


def is_for(certificate: x509.Certificate, name: str) -> bool:
    """Return True if a DNS name of the certificate matches; "*" stands for the leftmost label (RFC 7672 3.2.3)."""
    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return False
    wanted = name.lower().rstrip(".")
    allowed = {wanted, "*." + wanted.partition(".")[2]}
    return any(dns_name.lower() in allowed for dns_name in names.get_values_for_type(x509.DNSName))


def presented_chain(tls: ssl.SSLObject) -> tuple[x509.Certificate, ...]:
    """Return the certificates that the host sent, its own first, unverified."""
    if hasattr(tls, "get_unverified_chain"):  # Python 3.13
        return tuple(x509.load_der_x509_certificate(der) for der in tls.get_unverified_chain())
    inner: Any = tls._sslobj  # type: ignore[attr-defined]  # https://github.com/python/cpython/issues/62433
    return tuple(
        x509.load_pem_x509_certificate(certificate.public_bytes().encode())
        for certificate in inner.get_unverified_chain()
    )
