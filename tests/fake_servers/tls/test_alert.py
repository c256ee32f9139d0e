import ssl
from datetime import UTC, datetime

import pytest

from mailfault_servers.tls.alert import client_alert
from mailfault_servers.tls.authority import Authority
from mailfault_servers.tls.certificate import honest_spec

# RFC 8446 6 and 5246 7.2; the numbers are the protocol's, the words OpenSSL's.
ALERTS = {
    10: "unexpected message",
    20: "bad record mac",
    22: "record overflow",
    40: "handshake failure",
    42: "bad certificate",
    43: "unsupported certificate",
    44: "certificate revoked",
    45: "certificate expired",
    46: "certificate unknown",
    47: "illegal parameter",
    48: "unknown ca",
    49: "access denied",
    50: "decode error",
    51: "decrypt error",
    70: "protocol version",
    71: "insufficient security",
    80: "internal error",
    86: "inappropriate fallback",
    109: "missing extension",
    110: "unsupported extension",
    112: "unrecognized name",
    113: "bad certificate status response",
    115: "unknown psk identity",
    116: "certificate required",
    120: "no application protocol",
}


def server_error(authority: Authority, sent: bytes) -> ssl.SSLError:
    """Return the server's error if the client sends only `sent` after the ClientHello."""
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    context = authority.context(honest_spec("mx1.dest.example", datetime.now(UTC)))
    server = context.wrap_bio(to_server, to_client, server_side=True)
    client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).wrap_bio(
        ssl.MemoryBIO(), to_server, server_hostname="mx1.dest.example"
    )
    for end in (client, server):
        with pytest.raises(ssl.SSLWantReadError):
            end.do_handshake()
    to_server.write(sent)
    to_server.write_eof()
    with pytest.raises(ssl.SSLError) as raised:
        server.do_handshake()
    return raised.value


@pytest.mark.parametrize(("code", "name"), ALERTS.items(), ids=ALERTS.values())
def test_every_fatal_alert_is_named(authority: Authority, code: int, name: str) -> None:
    record = bytes([21, 3, 3, 0, 2, 2, code])
    assert client_alert(server_error(authority, record)) == name


@pytest.mark.parametrize(
    "sent", [b"", b"QUIT\r\n", bytes([21, 3, 3, 0, 2, 1, 0])], ids=["connection lost", "not TLS", "close notify"]
)
def test_what_is_no_fatal_alert_is_none(authority: Authority, sent: bytes) -> None:
    assert client_alert(server_error(authority, sent)) is None


def test_words_about_certificates_that_are_no_alert_are_none() -> None:
    assert client_alert(ssl.SSLError(1, "[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed")) is None


def test_openssl_3_2_and_later_word_it_anew() -> None:
    assert client_alert(ssl.SSLError(1, "[SSL] ssl/tls alert bad certificate (_ssl.c:1006)")) == "bad certificate"
