"""TLSA records: statements in DNS about a host's certificate or key (RFC 6698 2.1, RFC 7671). Pure.

Parameters are written `usage selector matching`, as in a zone file: "3 1 1" is the SHA-256 of the host's own key.
"""

import hashlib
from collections.abc import Iterable, Sequence

from cryptography import x509
from cryptography.hazmat.primitives import serialization

_DER = serialization.Encoding.DER
_HASHES = {1: hashlib.sha256, 2: hashlib.sha512}
_EE, _TA = 3, 2


def association_data(certificate: x509.Certificate, *, selector: int, matching: int) -> str:
    """Return a record's data for a certificate, by selector and matching type, in upper-case hexadecimal."""
    if selector == 0:
        chosen = certificate.public_bytes(_DER)
    else:
        chosen = certificate.public_key().public_bytes(_DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return (_HASHES[matching](chosen).digest() if matching else chosen).hex().upper()


def record_for(chain: Sequence[x509.Certificate], parameters: str) -> str:
    """Return the record of these parameters ("3 1 1") for a chain as it is sent, leaf first. Usages 0 and 2 are about
    the certificate after the leaf, 1 and 3 about the leaf."""
    usage, selector, matching = map(int, parameters.split())
    subject = chain[0] if usage % 2 or len(chain) == 1 else chain[1]
    return f"{parameters} {association_data(subject, selector=selector, matching=matching)}"


def records_matched(chain: Sequence[x509.Certificate]) -> tuple[str, ...]:
    """Return every record of matching type 1 or 2 that a chain matches, for DANE-EE(3) and DANE-TA(2)."""
    return tuple(_matched(chain[:1], _EE)) + tuple(_matched(chain[1:], _TA))


def _matched(certificates: Iterable[x509.Certificate], usage: int) -> Iterable[str]:
    for certificate in certificates:
        for selector in (0, 1):
            for matching in (1, 2):
                data = association_data(certificate, selector=selector, matching=matching)
                yield f"{usage} {selector} {matching} {data}"
