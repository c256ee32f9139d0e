"""The certificate authority of all worlds: its roots, the certificates that it issued, and server contexts.

Honest hosts send leaf and intermediate, as hosts on the Internet do. trustme makes every honest certificate. From one
of those mutate.py makes certificates that trustme cannot, and certificate_checks.py finds their problems.
"""

import functools
import itertools
import re
import ssl
import tempfile
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import trustme
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from mailfault_servers.tls.certificate import CertificateSpec
from mailfault_servers.tls.certificate_checks import Findings, Presented, inspect, is_weak
from mailfault_servers.tls.mutate import (
    Issuer,
    authority_like,
    leaf_like,
    new_key,
    pem_of,
    reissued,
    revocation_list,
    signed_by_itself,
)
from mailfault_servers.tls.settings import HONEST_SETTINGS, TlsSettings, apply_settings

_REVOKED_SERIALS = tuple(range(0x6D61696C66000000, 0x6D61696C66000000 + 64))
"""Serial numbers that are in the revocation list before any certificate has them: a client that read the list early
knows certificates revoked later. Each is given to one certificate (RFC 5280 4.1.2.2), in a cycle."""
_LISTED = (datetime(2000, 1, 1, tzinfo=UTC), datetime(3000, 1, 1, tzinfo=UTC))
"""Validity of the revocation lists, that of trustme's authorities."""

_LONGEST_PATH = 200
_ISSUED_BY_TRUSTME = re.compile(r"(?:\*\.)?[a-z0-9-]+(?:\.[a-z0-9-]+)*")
_Made = tuple[bytes, x509.Certificate, tuple[x509.Certificate, ...]]
"""Private key (PEM), the host's certificate, and the authorities above it, the nearest first and without the root."""


@dataclass(frozen=True, slots=True)
class _Issued:
    context: ssl.SSLContext
    another_context: Callable[[], ssl.SSLContext]
    """Makes another context for the same certificate."""
    presented: Presented


class Authority:
    """A root that clients trust, its intermediate, an unknown authority, and the certificates that they issued."""

    def __init__(self) -> None:
        # A path length that leaves room for chains longer than any client follows (RFC 5280 4.2.1.9).
        self._root = trustme.CA(
            organization_name="mailfault root", key_type=trustme.KeyType.ECDSA, path_length=_LONGEST_PATH
        )
        self._intermediate = self._root.create_child_ca(key_type=trustme.KeyType.ECDSA)
        self._stranger = trustme.CA(organization_name="mailfault stranger", key_type=trustme.KeyType.ECDSA)
        self._top, self._usual = _issuer(self._root), _issuer(self._intermediate)
        self._revoked = revocation_list(self._usual, _REVOKED_SERIALS, valid=_LISTED)
        lists = (revocation_list(self._top, (), valid=_LISTED), self._revoked)
        self._crl_pem = b"".join(crl.public_bytes(serialization.Encoding.PEM) for crl in lists)
        self._serials = itertools.cycle(_REVOKED_SERIALS)
        self._numbers = itertools.count(1)
        self._issued: dict[CertificateSpec, _Issued] = {}
        self._by_settings: dict[tuple[CertificateSpec, TlsSettings], ssl.SSLContext] = {}
        self._lock = threading.RLock()

    @property
    def root_pem(self) -> bytes:
        """The root's certificate, the only one that a client should trust."""
        return self._root.cert_pem.bytes()

    def crl_pem(self) -> bytes:
        """Return the revocation lists of root and intermediate (RFC 5280 5); OpenSSL can be set to want one for each.

        The lists never change: they name certificates that are yet to be made.
        """
        return self._crl_pem

    def context(self, spec: CertificateSpec, settings: TlsSettings = HONEST_SETTINGS) -> ssl.SSLContext:
        """Return a server context with this certificate and these settings, made once for each. Safe in any thread."""
        issued = self._issue(spec)
        if settings == HONEST_SETTINGS:
            return issued.context
        with self._lock:
            if (spec, settings) not in self._by_settings:
                context = issued.another_context()
                apply_settings(context, settings, nameless=lambda: self.context(settings.nameless or spec))
                self._by_settings[spec, settings] = context
            return self._by_settings[spec, settings]

    def chain(self, spec: CertificateSpec) -> tuple[x509.Certificate, ...]:
        """Return the certificates sent in the handshake, leaf first."""
        return self._issue(spec).presented.sent

    def problems(self, spec: CertificateSpec, *, host: str, now: datetime) -> tuple[str, ...]:
        """Return the reasons to refuse this certificate for `host` now, for a client that trusts the root alone."""
        return self.findings(spec, host=host, now=now).problems

    def findings(self, spec: CertificateSpec, *, host: str, now: datetime) -> Findings:
        """Return problems and doubts about this certificate for `host` now.

        They are found in the certificates that are sent, not in the spec.
        """
        return self._issue(spec).presented.findings(host=host, now=now)

    def _issue(self, spec: CertificateSpec) -> _Issued:
        with self._lock:
            if spec not in self._issued:
                self._issued[spec] = self._make(spec)
            return self._issued[spec]

    def _make(self, spec: CertificateSpec) -> _Issued:
        key_pem, leaf, above = self._craft(spec) if _is_crafted(spec) else self._by_trustme(spec)
        due = (leaf, *above) if spec.send_intermediate else (leaf,)
        match spec.sent:
            case "as due":
                sent = due
            case "out of order":
                sent = (leaf, *reversed(due[1:]))
            case "host twice":
                sent = (leaf, *due)
            case "with root":
                sent = (*due, self._top.certificate)
            case "with another":
                sent = (*due, _issuer(self._stranger).certificate)
        new_context = functools.partial(_server_context, key_pem, sent)
        known = (*above, self._usual.certificate)
        presented = inspect(sent, roots=(self._top.certificate,), known=known, revoked=self._revoked)
        return _Issued(context=new_context(), another_context=new_context, presented=presented)

    def _by_trustme(self, spec: CertificateSpec) -> _Made:
        issuer = self._intermediate if spec.issuer == "intermediate" else self._stranger
        made = issuer.issue_cert(
            *spec.names, not_before=spec.not_before, not_after=spec.not_after, key_type=trustme.KeyType.ECDSA
        )
        leaf_pem, *rest = (pem.bytes() for pem in made.cert_chain_pems)
        leaf = x509.load_pem_x509_certificate(leaf_pem)
        if spec.issuer == "self":
            leaf = signed_by_itself(leaf, _load_key(made.private_key_pem))
        elif spec.revoked and spec.issuer == "intermediate":
            leaf = reissued(leaf, leaf.issuer, self._usual.key, serial=next(self._serials))
        return made.private_key_pem.bytes(), leaf, tuple(map(x509.load_pem_x509_certificate, rest))

    def _craft(self, spec: CertificateSpec) -> _Made:
        """Make a certificate that trustme cannot make, from an honest one of trustme's."""
        issuers = self._issuers(spec)
        _, honest, _ = self._by_trustme(
            CertificateSpec(
                names=("honest.example",),
                not_before=spec.not_before,
                not_after=spec.not_after,
                revoked=spec.revoked,
            )
        )
        key = new_key(spec.key)
        leaf = leaf_like(honest, spec, issuers[-1], key)
        if spec.issuer == "self":
            leaf = signed_by_itself(leaf, key)
        return pem_of(key), leaf, tuple(issuer.certificate for issuer in reversed(issuers[1:]))

    def _issuers(self, spec: CertificateSpec) -> tuple[Issuer, ...]:
        """Return the authorities from a root down to the one that signs for the host."""
        made = [_issuer(self._stranger) if spec.issuer == "stranger" else self._top]
        for authority in spec.authorities:
            made.append(authority_like(self._usual.certificate, authority, made[-1], next(self._numbers)))
        if len(made) == 1 and spec.issuer != "stranger":
            made.append(self._usual)
        return tuple(made)


_making = threading.Lock()


def shared_authority() -> Authority:
    """Return the authority of this process, made on first use."""
    with _making:
        return _made()


@functools.cache
def _made() -> Authority:
    return Authority()


def _is_crafted(spec: CertificateSpec) -> bool:
    """Tell if trustme alone cannot make it."""
    plain = CertificateSpec(
        names=spec.names, not_before=spec.not_before, not_after=spec.not_after, issuer=spec.issuer,
        send_intermediate=spec.send_intermediate, revoked=spec.revoked, sent=spec.sent,
    )  # fmt: skip
    fits = bool(spec.names) and all(_ISSUED_BY_TRUSTME.fullmatch(name) for name in spec.names)
    return spec != plain or not fits


def _issuer(authority: trustme.CA) -> Issuer:
    certificate = x509.load_pem_x509_certificate(authority.cert_pem.bytes())
    return Issuer(certificate, _load_key(authority.private_key_pem))


def _load_key(pem: trustme.Blob) -> ec.EllipticCurvePrivateKey:
    key = serialization.load_pem_private_key(pem.bytes(), None)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    return key


def _server_context(key_pem: bytes, sent: Sequence[x509.Certificate]) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    if any(map(is_weak, sent)):
        context.set_ciphers("DEFAULT:@SECLEVEL=0")  # else OpenSSL does not load it
    # From a file, since load_cert_chain takes nothing else: https://github.com/python/cpython/issues/60691
    with tempfile.NamedTemporaryFile(suffix=".pem") as file:
        file.write(key_pem + b"".join(certificate.public_bytes(serialization.Encoding.PEM) for certificate in sent))
        file.flush()
        context.load_cert_chain(file.name)
    return context
