"""Records as bytes: what is made, what is changed, and in what words it is told."""

import ssl
from datetime import UTC, datetime

import pytest

from mailfault_servers.tls.authority import Authority
from mailfault_servers.tls.certificate import honest_spec
from mailfault_servers.tls.record import (
    ALERTS,
    alert_record,
    changes,
    described,
    with_cipher,
    with_length,
    with_version,
)

HOST = "mx1.dest.example"


def flight(authority: Authority, sent: ssl.MemoryBIO | None = None) -> bytes:
    """The server's half of a handshake, as OpenSSL makes it."""
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    context = authority.context(honest_spec(HOST, datetime.now(UTC)))
    server = context.wrap_bio(to_server, to_client, server_side=True)
    client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).wrap_bio(ssl.MemoryBIO(), to_server, server_hostname=HOST)
    for end in (client, server):
        with pytest.raises(ssl.SSLWantReadError):
            end.do_handshake()
    return to_client.read()


def what_a_client_says(data: bytes) -> str:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    incoming = ssl.MemoryBIO()
    client = context.wrap_bio(incoming, ssl.MemoryBIO(), server_hostname=HOST)
    with pytest.raises(ssl.SSLWantReadError):
        client.do_handshake()
    incoming.write(data)
    with pytest.raises(ssl.SSLError) as raised:
        client.do_handshake()
    return str(raised.value)


@pytest.mark.parametrize(("name", "code"), ALERTS.items())
def test_an_alert_has_seven_bytes_and_its_number(name: str, code: int) -> None:
    record = alert_record(name)  # type: ignore[arg-type]
    assert record == bytes([21, 3, 3, 0, 2, 2, code])
    assert described(record) == f"the alert {name.replace('_', ' ')!r}"


@pytest.mark.parametrize("name", ["handshake_failure", "unknown_ca", "no_application_protocol", "certificate_expired"])
def test_a_client_reads_an_alert_as_that_alert(name: str) -> None:
    said = what_a_client_says(alert_record(name)).lower()  # type: ignore[arg-type]
    assert f"alert {name.replace('_', ' ')}" in said


def test_an_alert_may_be_a_warning() -> None:
    assert alert_record("close_notify", level="warning") == bytes([21, 3, 3, 0, 2, 1, 0])


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"500 5.5.2 Error: bad syntax\r\n", "'500 5.5.2 Error: bad syntax'"),
        (b"HTTP/1.1 400 Bad Request\r\n\r\nx\x80", "'HTTP/1.1 400 Bad Request'"),
        (b"\x80\x81\x82", "3 bytes that are no TLS record"),
        (bytes([21, 3, 3, 0, 2, 2, 250]), "the alert '250'"),
    ],
)
def test_what_is_sent_in_place_of_a_handshake_is_described(data: bytes, words: str) -> None:
    assert described(data) == words


@pytest.mark.parametrize(
    ("sent", "words"),
    [
        (b"flight", None),
        (b"fli", "the first 3 bytes of its flight"),
        (b"flIght", "a flight that was changed on the way"),
        (alert_record("unrecognized_name", level="warning") + b"flight", "the alert 'unrecognized name' before its flight"),
    ],
)  # fmt: skip
def test_changes_of_a_flight_are_described(sent: bytes, words: str | None) -> None:
    assert changes(b"flight", sent) == words


def test_a_server_hello_gets_another_cipher_and_nothing_else(authority: Authority) -> None:
    honest = flight(authority)
    changed = with_cipher(honest, 0x1234)
    assert len(changed) == len(honest)
    different = [at for at, (byte, other) in enumerate(zip(honest, changed, strict=True)) if byte != other]
    assert different == list(range(different[0], different[0] + 2))
    assert changed[different[0] : different[0] + 2] == b"\x12\x34"


def test_a_client_does_not_wait_for_a_record_that_cannot_be(authority: Authority) -> None:
    changed = with_length(flight(authority), 0xFFFF)
    assert changed[3:5] == b"\xff\xff"
    assert "length too long" in what_a_client_says(changed).lower()


def test_a_record_of_an_unknown_version_is_no_tls(authority: Authority) -> None:
    changed = with_version(flight(authority), 0x0909)
    assert changed[:3] == b"\x16\x09\x09"
    assert "version" in what_a_client_says(changed).lower()
