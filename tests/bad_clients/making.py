"""How a deliberately wrong client is made: the reference client with one of its decisions replaced."""

import ssl
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from typing import Any

from cryptography import x509

from mailfault.clients.adapters.reference import ReferenceAdapter
from mailfault.contract import Answer, Policy, Target
from mailfault.reference_client import DeliveryClient, Session
from mailfault.reference_client.tls import client_context
from mailfault_servers.tls.certificate_checks import look_at

Deliver = Callable[[Target], Awaitable[Answer]]


def wrong(client: type[DeliveryClient]) -> Deliver:
    """The `deliver` of a variant of the reference client."""
    adapter = ReferenceAdapter(client=client)

    async def deliver(target: Target) -> Answer:
        return await adapter.answer_to(target)

    return heeding(deliver)


def heeding(deliver: Callable[[Target], Any]) -> Callable[[Target], Any]:
    """The same, which declares that it heeds the policies of recipients' domains."""
    deliver.policies = tuple(Policy)  # type: ignore[attr-defined]
    return deliver


class VerifiesByItself(DeliveryClient):
    """Takes every handshake, and then looks at the certificate with eyes of its own: what ssl cannot be told to overlook,
    it can."""

    def tls_context(self) -> ssl.SSLContext:
        context = client_context(self.settings)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        return context

    async def encrypt(self, session: Session, context: ssl.SSLContext) -> None:
        await super().encrypt(session, context)
        connection = session._transport.get_extra_info("ssl_object") if session._transport is not None else None
        if self.settings.tls == "verified" and connection is not None:
            chain = [x509.load_der_x509_certificate(one.public_bytes(2)) for one in _shown(connection)]
            if found := self.objections(chain, session.host.name):
                raise ssl.SSLCertVerificationError(1, f"certificate verify failed: {', '.join(found)}")

    def objections(self, chain: Sequence[x509.Certificate], host: str) -> tuple[str, ...]:
        """What is wrong with the certificates that the host has shown, its own first; empty: nothing."""
        assert self.settings.ca_file is not None
        roots = x509.load_pem_x509_certificates(self.settings.ca_file.read_bytes())
        return look_at(chain, roots=roots).findings(host=host, now=datetime.now(UTC)).problems


def overlooking(*problems: str) -> Deliver:
    """The `deliver` of a client that verifies certificates, and does not know these problems."""

    class Wrong(VerifiesByItself):
        def objections(self, chain: Sequence[x509.Certificate], host: str) -> tuple[str, ...]:
            return tuple(one for one in super().objections(chain, host) if one not in problems)

    return wrong(Wrong)


def _shown(connection: ssl.SSLObject) -> Sequence[Any]:
    # Public only from Python 3.13 on: https://github.com/python/cpython/issues/109109
    return connection._sslobj.get_unverified_chain()
