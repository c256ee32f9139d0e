"""Build deliberately wrong clients: the reference client with one decision replaced."""

import ssl
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from typing import Any

from cryptography import x509

from mailfault.clients.adapters.reference import ReferenceAdapter
from mailfault.contract import Answer, Policy, Target
from mailfault.reference_client import DeliveryClient, MailHost, Session
from mailfault.reference_client.tls import client_context
from mailfault_servers.tls.certificate_checks import inspect

Deliver = Callable[[Target], Awaitable[Answer]]


def wrong(client: type[DeliveryClient]) -> Deliver:
    """Return the `deliver` of a variant of the reference client."""
    adapter = ReferenceAdapter(client=client)

    async def deliver(target: Target) -> Answer:
        return await adapter.answer_to(target)

    return with_policies(deliver)


def with_policies(deliver: Callable[[Target], Any]) -> Callable[[Target], Any]:
    """Declare that this client enforces the policies of recipients' domains and checks revocation lists, and return it."""
    deliver.policies = tuple(Policy)  # type: ignore[attr-defined]
    deliver.revocation = True  # type: ignore[attr-defined]
    return deliver


def transmitting(transmitted: Callable[[bytes], bytes]) -> Deliver:
    """Return the `deliver` of a client that sends other octets than it should; the function makes them of a message."""

    class Altering(Session):
        def transmitted(self, message: bytes) -> bytes:
            return transmitted(message)

    class Wrong(DeliveryClient):
        def session(self, host: MailHost) -> Session:
            return Altering(host, self.settings)

    return wrong(Wrong)


class VerifiesByItself(DeliveryClient):
    """Accept every handshake, then check the certificate in Python, where single checks can be left out."""

    def tls_context(self) -> ssl.SSLContext:
        context = client_context(self.settings)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        return context

    async def encrypt(self, session: Session, context: ssl.SSLContext) -> None:
        await super().encrypt(session, context)
        connection = session._transport.get_extra_info("ssl_object") if session._transport is not None else None
        if self.settings.tls == "verified" and connection is not None:
            chain = [x509.load_der_x509_certificate(certificate.public_bytes(2)) for certificate in _shown(connection)]
            if found := self.objections(chain, session.host.name):
                raise ssl.SSLCertVerificationError(1, f"certificate verify failed: {', '.join(found)}")

    def objections(self, chain: Sequence[x509.Certificate], host: str) -> tuple[str, ...]:
        """Return the problems of the host's chain (leaf first); empty if it is valid."""
        assert self.settings.ca_file is not None
        roots = x509.load_pem_x509_certificates(self.settings.ca_file.read_bytes())
        return inspect(chain, roots=roots).findings(host=host, now=datetime.now(UTC)).problems


def overlooking(*problems: str) -> Deliver:
    """Return the `deliver` of a client that verifies certificates but ignores these problems."""

    class Wrong(VerifiesByItself):
        def objections(self, chain: Sequence[x509.Certificate], host: str) -> tuple[str, ...]:
            return tuple(problem for problem in super().objections(chain, host) if problem not in problems)

    return wrong(Wrong)


def _shown(connection: ssl.SSLObject) -> Sequence[Any]:
    # Public only from Python 3.13 on: https://github.com/python/cpython/issues/109109
    chain: Sequence[Any] = connection._sslobj.get_unverified_chain()  # type: ignore[attr-defined]
    return chain
