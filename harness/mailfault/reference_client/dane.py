"""DANE for SMTP: what a host's TLSA records demand of its certificate (RFC 7672, RFC 7671).

Only answers that the resolver has verified (AD) count. A look-up that fails shuts the host, for whoever
suppressed the answer may also be the one who answers in the host's place.
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
    """The usable ones."""
    what: str = "DANE"
    no_tls_code: str = _NO_TLS
    certificate_code: str = _NO_MATCH
    verified: bool = False

    def check(self, tls: ssl.SSLObject, *, names: tuple[str, ...], now: datetime) -> None:
        """Raises PolicyError, with Microsoft's code for what is wrong."""
        if self.records:
            self.check_presented(presented_chain(tls), names=names, now=now)

    def check_presented(self, chain: Sequence[x509.Certificate], *, names: tuple[str, ...], now: datetime) -> None:
        """Whether one record vouches for the chain: of usage 3 for the key, whatever its name and dates (RFC 7672
        3.1.1), of usage 2 for an authority. Raises PolicyError."""
        if any(one.usage == _EE and matches(one, chain[0]) for one in self.records):
            return
        anchors = [
            place
            for place, certificate in enumerate(chain)
            if any(one.usage == _TA and matches(one, certificate) for one in self.records)
        ]
        if not anchors:
            raise PolicyError("no TLSA record matches the certificate", code=_NO_MATCH)
        self.check_chain(chain[: anchors[0] + 1], names=names, now=now)

    def check_chain(self, chain: Sequence[x509.Certificate], *, names: tuple[str, ...], now: datetime) -> None:
        """Whether the authority, last in the chain, vouches for its first. Raises PolicyError."""
        check_chain(chain, names=names, now=now)


def check_chain(chain: Sequence[x509.Certificate], *, names: tuple[str, ...], now: datetime) -> None:
    """Whether the last certificate of the chain vouches for the first, for one of the names, now (RFC 7672 3.1.2).

    Raises PolicyError.
    """
    for one, issuer in pairwise(chain):
        try:
            one.verify_directly_issued_by(issuer)
        except (ValueError, TypeError, InvalidSignature):
            raise PolicyError("the certificate is not signed by what the TLSA record names", code=_NO_MATCH) from None
    if any(now > one.not_valid_after_utc for one in chain):
        raise PolicyError("the certificate has expired", code=_EXPIRED)
    if any(now < one.not_valid_before_utc for one in chain):
        raise PolicyError("the certificate is not valid yet", code=_NO_MATCH)
    if not any(is_for(chain[0], name) for name in names):
        raise PolicyError(f"the certificate is not for {' or '.join(names)}", code=_WRONG_NAME)


class TlsaFinder:
    """Finds what the TLSA records of hosts demand. What it decides stands in small methods."""

    def __init__(self, *, resolver: Resolver, port: int) -> None:
        self.resolver = resolver
        self.port = port

    async def demand_on(self, name: str) -> Demand | None:
        """What the TLSA records of a host demand, whose address was just looked up; None where it has none that count.

        Raises PolicyError where they cannot be had.
        """
        if not self.is_secure(name, "A", "AAAA"):
            return None
        for base in self.bases(name):
            if records := await self.records(f"_{self.port}._tcp.{base}"):
                return self.demand_of(records)
        return None

    def is_secure(self, name: str, *kinds: str) -> bool:
        """Whether the last answers about a name were verified (RFC 7672 2.1.1)."""
        return self.resolver.is_secure(name, *kinds)

    def bases(self, name: str) -> tuple[str, ...]:
        """Where the records of a host may stand: under the name that its aliases lead to, or else under its own
        (RFC 7672 2.2.2)."""
        return tuple(dict.fromkeys((self.resolver.canonical(name), name)))

    async def records(self, owner: str) -> tuple[TLSA, ...]:
        """The verified TLSA records of a name. Raises PolicyError where the look-up fails (RFC 7672 2.1.2)."""
        try:
            found = await self.resolver.query(owner, "TLSA")
        except dns.resolver.NXDOMAIN:
            return ()
        except dns.resolver.LifetimeTimeout as error:
            raise PolicyError(f"the TLSA records of {owner} cannot be looked up: {error}") from error
        except dns.exception.DNSException as error:
            words = f"the TLSA records of {owner} cannot be looked up: {error}"
            raise PolicyError(words, code=_NO_DNSSEC) from error
        return tuple(one for one in found if isinstance(one, TLSA)) if self.is_secure(owner, "TLSA") else ()

    def demand_of(self, records: Sequence[TLSA]) -> Demand | None:
        """What these records demand, the unusable ones among them left out."""
        return DaneDemand(tuple(one for one in records if is_usable(one)))


def is_usable(record: TLSA) -> bool:
    """Whether it is of a kind that SMTP clients heed: usages 0 and 1 are not (RFC 7672 3.1.3)."""
    return record.usage in (_TA, _EE) and record.selector in (0, 1) and record.mtype in _DIGESTS


def matches(record: TLSA, certificate: x509.Certificate) -> bool:
    """Whether a usable record is about this certificate, or its key (RFC 6698 2.1)."""
    if record.selector == 0:
        chosen = certificate.public_bytes(serialization.Encoding.DER)
    else:
        chosen = certificate.public_key().public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
        )
    return bool(_DIGESTS[record.mtype](chosen) == record.cert)


def is_for(certificate: x509.Certificate, name: str) -> bool:
    """Whether one of its DNS names is this; "*" stands for the leftmost label (RFC 7672 3.2.3)."""
    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return False
    wanted = name.lower().rstrip(".")
    allowed = {wanted, "*." + wanted.partition(".")[2]}
    return any(one.lower() in allowed for one in names.get_values_for_type(x509.DNSName))


def presented_chain(tls: ssl.SSLObject) -> tuple[x509.Certificate, ...]:
    """The certificates that the host sent, its own first, whatever they are worth."""
    if hasattr(tls, "get_unverified_chain"):  # Python 3.13
        return tuple(x509.load_der_x509_certificate(one) for one in tls.get_unverified_chain())
    inner: Any = tls._sslobj  # type: ignore[attr-defined]  # https://github.com/python/cpython/issues/62433
    return tuple(x509.load_pem_x509_certificate(one.public_bytes().encode()) for one in inner.get_unverified_chain())
