"""TLS settings become contexts, with which a client of today can and cannot agree."""

import ssl
import warnings
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from mailfault_servers.tls.alert import client_alert
from mailfault_servers.tls.authority import Authority
from mailfault_servers.tls.certificate import CertificateSpec, honest_spec
from mailfault_servers.tls.settings import HONEST_SETTINGS, TlsSettings

HOST = "mx1.dest.example"
Handshake = Callable[..., Any]


def spec() -> CertificateSpec:
    return honest_spec(HOST, datetime.now(UTC))


def shake(server: ssl.SSLContext, *, name: str | None = HOST) -> tuple[ssl.SSLObject, list[ssl.SSLError]]:
    """A handshake with a client that takes any certificate; what went wrong at either end, the server's first."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    ends = [
        server.wrap_bio(to_server, to_client, server_side=True),
        context.wrap_bio(to_client, to_server, server_hostname=name),
    ]
    errors: list[ssl.SSLError] = []
    for _ in range(4):
        for end in reversed(ends):
            try:
                end.do_handshake()
            except ssl.SSLWantReadError:
                pass
            except ssl.SSLError as error:
                errors.append(error)
                return ends[1], errors
    return ends[1], errors


def test_one_context_for_each_terms(authority: Authority) -> None:
    context = authority.context(spec(), TlsSettings(newest="1.2"))
    assert authority.context(spec(), TlsSettings(newest="1.2")) is context
    assert authority.context(spec(), TlsSettings(oldest="1.3")) is not context
    assert authority.context(spec(), HONEST_SETTINGS) is authority.context(spec())


@pytest.mark.parametrize(
    ("settings", "version"),
    [(HONEST_SETTINGS, "TLSv1.3"), (TlsSettings(newest="1.2"), "TLSv1.2"), (TlsSettings(oldest="1.3"), "TLSv1.3")],
)
def test_versions_are_agreed_on(authority: Authority, settings: TlsSettings, version: str) -> None:
    client, errors = shake(authority.context(spec(), settings))
    assert errors == []
    assert client.version() == version


def test_old_versions_are_refused_without_a_warning_to_the_user(authority: Authority) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        context = authority.context(spec(), TlsSettings(oldest="1.0", newest="1.1"))
    _, errors = shake(context)
    assert errors[0].reason == "UNSUPPORTED_PROTOCOL"


def test_nothing_in_common_is_no_handshake(authority: Authority) -> None:
    settings = TlsSettings(newest="1.2", ciphers="ECDHE-ECDSA-NULL-SHA:@SECLEVEL=0")
    _, errors = shake(authority.context(spec(), settings))
    assert errors[0].reason == "NO_SHARED_CIPHER"


@pytest.mark.parametrize("newest", ["1.2", "1.3"])
def test_a_client_certificate_is_asked_for_or_required(authority: Authority, newest: Any) -> None:
    asked = TlsSettings(newest=newest, client_certificate="asked")
    assert shake(authority.context(spec(), asked))[1] == []
    _, errors = shake(authority.context(spec(), replace(asked, client_certificate="required")))
    assert errors[0].reason == "PEER_DID_NOT_RETURN_A_CERTIFICATE"


@pytest.mark.parametrize(
    ("names", "name", "well"),
    [("any", HOST, True), ("any", None, True), ("refused", HOST, False), ("refused", None, True),
     ("needed", HOST, True), ("needed", None, False)],
)  # fmt: skip
def test_the_name_that_a_client_asks_for_matters(
    authority: Authority, names: Any, name: str | None, well: bool
) -> None:
    _, errors = shake(authority.context(spec(), TlsSettings(names=names)), name=name)
    assert (errors == []) is well


def test_who_names_no_host_gets_another_certificate(authority: Authority) -> None:
    context = authority.context(spec(), TlsSettings(nameless=replace(spec(), names=("other.example",))))
    seen = [shake(context, name=name)[0].getpeercert(binary_form=True) for name in (HOST, None)]
    assert seen[0] != seen[1]
    assert b"other.example" in (seen[1] or b"")


def test_a_server_that_wants_a_certificate_says_so_by_an_alert(authority: Authority) -> None:
    """Under TLS 1.3 the client's half is over by then: the alert is what it reads first (RFC 8446 4.4.2.4)."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    settings = TlsSettings(oldest="1.3", client_certificate="required")
    server = authority.context(spec(), settings).wrap_bio(to_server, to_client, server_side=True)
    client = context.wrap_bio(to_client, to_server, server_hostname=HOST)
    for end in (client, server):
        with pytest.raises(ssl.SSLWantReadError):
            end.do_handshake()
    client.do_handshake()
    with pytest.raises(ssl.SSLError):
        server.do_handshake()
    with pytest.raises(ssl.SSLError) as raised:
        client.read()
    assert client_alert(raised.value) == "certificate required"
