"""A whole TLS handshake in memory, between a server context and a client that trusts the authority's root alone."""

import ssl
import tempfile
from collections.abc import Callable
from dataclasses import dataclass

import pytest

from mailfault_servers.tls.authority import Authority, shared_authority

HOST = "mx1.dest.example"
STRICT = ssl.VERIFY_X509_STRICT | ssl.VERIFY_X509_PARTIAL_CHAIN
"""The flags of `ssl.create_default_context` from Python 3.13 on."""
Handshake = Callable[..., "Outcome"]


@dataclass
class Outcome:
    """The result of a handshake: the error of each end, if it had one."""

    client: ssl.SSLObject
    client_error: ssl.SSLError | None = None
    server_error: ssl.SSLError | None = None


@pytest.fixture
def authority() -> Authority:
    return shared_authority()


@pytest.fixture
def handshake(authority: Authority) -> Handshake:
    def shake(
        server: ssl.SSLContext,
        *,
        host: str = HOST,
        crl: bool = False,
        strict: bool = False,
        common_name: bool = True,
        verify: bool = True,
    ) -> Outcome:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.hostname_checks_common_name = common_name
        if not verify:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        context.load_verify_locations(cadata=authority.root_pem.decode())
        if strict:
            context.verify_flags |= STRICT
        if crl:
            load_revocation_lists(context, authority)
        return _pump(server, context, host)

    return shake


def load_revocation_lists(context: ssl.SSLContext, authority: Authority) -> None:
    with tempfile.NamedTemporaryFile(suffix=".pem") as file:
        file.write(authority.crl_pem())
        file.flush()
        context.load_verify_locations(file.name)
    context.verify_flags |= ssl.VERIFY_CRL_CHECK_CHAIN


def _pump(server_context: ssl.SSLContext, client_context: ssl.SSLContext, host: str) -> Outcome:
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    server = server_context.wrap_bio(to_server, to_client, server_side=True)
    client = client_context.wrap_bio(to_client, to_server, server_hostname=host)
    outcome = Outcome(client)
    for _ in range(4):
        for end, side in ((client, "client_error"), (server, "server_error")):
            if getattr(outcome, side) is not None:
                continue
            try:
                end.do_handshake()
            except ssl.SSLWantReadError:
                pass
            except ssl.SSLError as error:
                setattr(outcome, side, error)
    return outcome
