"""The client's side of TLS: contexts by policy, and the moment at which the handshake begins."""

import ssl
from collections.abc import Callable
from typing import Any

from harness.reference_client.settings import Settings


class HandshakeNoticed(ssl.SSLContext):
    """A context that tells when a handshake begins: aiosmtplib does the STARTTLS command and the handshake in one."""

    on_handshake: Callable[[], None]

    def wrap_bio(self, *args: Any, **kwargs: Any) -> ssl.SSLObject:
        self.on_handshake()
        return super().wrap_bio(*args, **kwargs)


def client_context(settings: Settings, on_handshake: Callable[[], None]) -> ssl.SSLContext:
    """The context for one connection. Only policy `verified` looks at the certificate (RFC 7435 3, RFC 6125)."""
    context = HandshakeNoticed(ssl.PROTOCOL_TLS_CLIENT)
    context.on_handshake = on_handshake
    if settings.tls != "verified":
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        return context
    if settings.ca_file is not None:
        context.load_verify_locations(settings.ca_file)
    if settings.crl_file is not None:
        context.load_verify_locations(settings.crl_file)
        context.verify_flags |= ssl.VERIFY_CRL_CHECK_LEAF
    return context
