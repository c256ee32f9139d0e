"""Exceptions as the libraries really raise them, each provoked by a world with one fault. No stage is given."""

import asyncio
import errno
import smtplib
import socket
import ssl
from collections.abc import Callable
from typing import Any

import aiosmtplib
import dns.exception
import pytest

from mailfault.classify import Classified, classify
from mailfault.clients.library.mail_hosts import addresses_of
from mailfault.clients.library.tls_context import client_context
from mailfault.codes.failure import Failure
from mailfault.contract import Limits, Target, TlsPolicy
from mailfault.pytest_plugin.mail_world import build_world
from mailfault_servers.fault import find_fault

HOST = "mx1.dest.example"
HELLO = "client.example"
WAITS = ("smtp.silent", "tcp.unresponsive")
Deliver = Callable[[Target, float], None]


def by_smtplib(target: Target, timeout_s: float) -> None:
    """As the documentation shows it, but for the address in place of the name."""
    (address,) = addresses_of(target, HOST)
    with smtplib.SMTP(address, target.smtp_port, local_hostname=HELLO, timeout=timeout_s) as session:
        if target.tls is not TlsPolicy.NONE:
            session._host = HOST  # type: ignore[attr-defined]  # what the certificate is checked against
            session.starttls(context=client_context(target))
        session.sendmail(target.sender, target.recipients, target.message)


def by_aiosmtplib(target: Target, timeout_s: float) -> None:
    (address,) = addresses_of(target, HOST)
    asyncio.run(_by_aiosmtplib(target, address, timeout_s))


async def _by_aiosmtplib(target: Target, address: str, timeout_s: float) -> None:
    session = aiosmtplib.SMTP(
        hostname=address, port=target.smtp_port, local_hostname=HELLO, timeout=timeout_s, start_tls=False
    )
    transport = None
    try:
        await session.connect()
        transport = session.transport
        if target.tls is not TlsPolicy.NONE:
            await session.starttls(server_hostname=HOST, tls_context=client_context(target))
            transport = session.transport
        await session.sendmail(target.sender, list(target.recipients), target.message)
    finally:
        session.close()
        if isinstance(transport, asyncio.WriteTransport):
            transport.abort()
        for _ in range(3):
            await asyncio.sleep(0)


LIBRARIES = pytest.mark.parametrize("deliver", [by_smtplib, by_aiosmtplib])


def made_of(deliver: Deliver, use: str, *, tls: str = "none", **settings: Any) -> tuple[Exception, Classified]:
    """An exception that a library raises under one fault, and its classification."""
    fault = find_fault(use).model_validate(settings)
    with build_world(fault, tls=tls, crl=use == "tls.revoked", limits=Limits(dns_s=0.25)) as running:
        with pytest.raises(Exception) as caught:  # which one it is, is the library's affair
            deliver(running.target, 0.5 if use in WAITS else 10)
        found = classify(caught.value)
        assert found is not None
        assert found.text
        return caught.value, found


@LIBRARIES
@pytest.mark.parametrize(
    ("use", "settings", "failure"),
    [
        ("dns.servfail", {}, Failure.DNS_QUERY_FAILED),
        ("dns.nxdomain", {}, Failure.DNS_QUERY_FAILED),
        ("dns.nodata", {}, Failure.DNS_QUERY_FAILED),
        ("dns.silent", {}, Failure.DNS_QUERY_FAILED),
        ("tcp.refuse", {}, Failure.CONNECTION_REFUSED),
        ("tcp.unresponsive", {}, Failure.CONNECTION_TIMED_OUT),
        ("smtp.close", {"at": "greeting"}, Failure.CONNECTION_CLOSED),
        ("smtp.close", {"at": "ehlo"}, Failure.CONNECTION_CLOSED),
        ("smtp.close", {"at": "mail"}, Failure.CONNECTION_CLOSED),
        ("smtp.close", {"at": "data"}, Failure.CONNECTION_CLOSED),
        ("smtp.close", {"at": "end-of-data"}, Failure.CONNECTION_CLOSED),
        ("smtp.reset", {"at": "greeting"}, Failure.CONNECTION_CLOSED),
        ("smtp.reset", {"at": "ehlo"}, Failure.CONNECTION_CLOSED),
        ("smtp.reset", {"at": "rcpt"}, Failure.CONNECTION_CLOSED),
        ("smtp.reset", {"at": "end-of-data"}, Failure.CONNECTION_CLOSED),
        ("smtp.silent", {"at": "ehlo"}, Failure.CONNECTION_CLOSED),
        ("smtp.silent", {"at": "end-of-data"}, Failure.CONNECTION_CLOSED),
        ("smtp.garbage", {"at": "greeting"}, Failure.CANNOT_CONNECT),
        ("smtp.garbage", {"at": "rcpt"}, Failure.CONNECTION_CLOSED),
        ("smtp.garbage", {"at": "end-of-data"}, Failure.CONNECTION_CLOSED),
    ],
)
def test_without_tls(deliver: Deliver, use: str, settings: dict[str, Any], failure: Failure) -> None:
    _, found = made_of(deliver, use, **settings)
    assert (found.failure, found.permanent) == (failure, False)


@LIBRARIES
@pytest.mark.parametrize(
    ("use", "settings", "failure"),
    [
        ("smtp.starttls-missing", {}, Failure.CANNOT_CONNECT),
        ("smtp.masked-keywords", {}, Failure.CANNOT_CONNECT),
        ("smtp.reply", {"at": "starttls", "reply": "454 4.7.0 TLS not available"}, Failure.CANNOT_CONNECT),
        ("smtp.reply", {"at": "starttls", "reply": "554 5.7.3 No TLS for you"}, Failure.CANNOT_CONNECT),
        ("smtp.garbage", {"at": "starttls"}, Failure.CANNOT_CONNECT),
        ("smtp.garbage", {"at": "starttls", "line": "220 2.0.0 Go ahead\r\nno TLS here"}, Failure.CANNOT_CONNECT),
        ("smtp.close", {"at": "starttls"}, Failure.CONNECTION_CLOSED),
        ("smtp.silent", {"at": "starttls"}, Failure.CONNECTION_CLOSED),
    ],
)
def test_tls_that_cannot_be_had(deliver: Deliver, use: str, settings: dict[str, Any], failure: Failure) -> None:
    _, found = made_of(deliver, use, tls="verified", **settings)
    assert (found.failure, found.permanent) == (failure, False)


@LIBRARIES
@pytest.mark.parametrize(
    ("use", "settings", "failure"),
    [
        ("smtp.close", {}, Failure.CONNECTION_CLOSED),
        ("smtp.garbage", {"line": "220 2.0.0 Go ahead\r\nno TLS here"}, Failure.CANNOT_CONNECT),
    ],
)
def test_a_stage_that_is_given_is_made_more_exact(
    deliver: Deliver, use: str, settings: dict[str, Any], failure: Failure
) -> None:
    """The caller knows that it had called starttls(), and not whether the handshake had begun."""
    error, _ = made_of(deliver, use, tls="verified", at="starttls", **settings)
    found = classify(error, stage="starttls")
    assert found is not None
    assert found.failure is failure


@LIBRARIES
@pytest.mark.parametrize(
    "certificate",
    ["expired", "not-yet-valid", "wrong-name", "untrusted-authority", "self-signed", "missing-intermediate", "revoked"],
)
def test_certificates(deliver: Deliver, certificate: str) -> None:
    _, found = made_of(deliver, f"tls.{certificate}", tls="verified")
    assert (found.failure, found.permanent, found.reply) == (Failure.CERTIFICATE_INVALID, False, None)


@LIBRARIES
@pytest.mark.parametrize(
    ("at", "failure", "permanent"),
    [
        ("greeting", Failure.CANNOT_CONNECT, False),
        ("mail", Failure.REMOTE_REPLY, True),
        ("rcpt", Failure.REMOTE_REPLY, True),
        ("data", Failure.REMOTE_REPLY, True),
        ("end-of-data", Failure.REMOTE_REPLY, True),
    ],
)
def test_replies_are_kept_and_the_stage_decides(deliver: Deliver, at: str, failure: Failure, permanent: bool) -> None:
    _, found = made_of(deliver, "smtp.reply", at=at, reply="554 5.7.1 Connection refused: certificate has expired")
    assert (found.failure, found.permanent) == (failure, permanent)
    assert found.reply is not None
    assert str(found.reply) == "554 5.7.1 Connection refused: certificate has expired"


@LIBRARIES
@pytest.mark.parametrize("at", ["mail", "rcpt", "end-of-data"])
def test_temporary_replies_keep_the_mail(deliver: Deliver, at: str) -> None:
    _, found = made_of(deliver, "smtp.reply", at=at, reply="451 4.7.1 Greylisted, come again")
    assert (found.failure, found.permanent) == (Failure.REMOTE_REPLY, False)
    assert str(found.reply) == "451 4.7.1 Greylisted, come again"


@LIBRARIES
def test_a_refused_ehlo_is_no_refused_message(deliver: Deliver) -> None:
    _, found = made_of(deliver, "smtp.reply", at="ehlo", reply="550 5.7.1 Not from you")
    assert (found.failure, found.permanent, str(found.reply)) == (
        Failure.CANNOT_CONNECT,
        False,
        "550 5.7.1 Not from you",
    )


def test_silence_in_place_of_the_greeting_where_the_library_keeps_it() -> None:
    error, found = made_of(by_aiosmtplib, "smtp.silent", at="greeting")
    assert isinstance(error, aiosmtplib.SMTPConnectTimeoutError)
    assert found.failure is Failure.CONNECTION_TIMED_OUT


def test_silence_in_place_of_the_greeting_is_found_in_smtplibs_traceback() -> None:
    error, found = made_of(by_smtplib, "smtp.silent", at="greeting")
    assert isinstance(error, smtplib.SMTPServerDisconnected)  # "Connection unexpectedly closed: timed out"
    assert found.failure is Failure.CONNECTION_TIMED_OUT


def test_the_reply_to_quit_does_not_hide_the_refusal() -> None:
    """smtplib says QUIT when the block is left, and raises what comes of it on top of the first exception."""
    said = find_fault("smtp.reply").model_validate({"at": "starttls", "reply": "454 4.7.0 TLS not available"})
    quit_too = find_fault("smtp.reply").model_validate({"at": "quit", "reply": "554 5.0.0 Not like that"})
    with build_world(said, quit_too, tls="required") as running:
        with pytest.raises(smtplib.SMTPResponseException) as caught:
            by_smtplib(running.target, 10)
        assert caught.value.smtp_code == 554
        found = classify(caught.value)
    assert found is not None
    assert (found.failure, str(found.reply), found.permanent) == (
        Failure.CANNOT_CONNECT,
        "454 4.7.0 TLS not available",
        False,
    )


def test_a_line_too_long_is_no_reply() -> None:
    """smtplib makes "500 Line too long." of it, which the host never said."""
    error, found = made_of(by_smtplib, "smtp.garbage", at="rcpt", line="250 " + "x" * 9000)
    assert isinstance(error, smtplib.SMTPResponseException)
    assert (found.failure, found.permanent, found.reply) == (Failure.CONNECTION_CLOSED, False, None)


@pytest.mark.parametrize("alert", ["bad certificate", "certificate expired", "unknown authority"])
def test_an_alert_about_our_certificate_does_not_make_the_hosts_own_invalid(alert: str) -> None:
    number = {"bad certificate": 42, "certificate expired": 45, "unknown authority": 48}[alert]  # RFC 8446 6.2
    incoming = ssl.MemoryBIO()
    session = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).wrap_bio(incoming, ssl.MemoryBIO(), server_hostname=HOST)
    with pytest.raises(ssl.SSLWantReadError):
        session.do_handshake()
    incoming.write(bytes([21, 3, 3, 0, 2, 2, number]))
    with pytest.raises(ssl.SSLError, match="ALERT") as caught:
        session.do_handshake()
    found = classify(caught.value)
    assert found is not None
    assert (found.failure, found.permanent) == (Failure.CANNOT_CONNECT, False)


def test_dnspython_itself() -> None:
    with build_world(find_fault("dns.servfail").model_validate({}), limits=Limits(dns_s=0.25)) as running:
        with pytest.raises(dns.exception.DNSException) as caught:
            addresses_of(running.target, HOST)
    found = classify(caught.value)
    assert found is not None
    assert (found.failure, found.permanent) == (Failure.DNS_QUERY_FAILED, False)


def test_asyncio_names_every_address_of_a_host() -> None:
    """Both addresses refuse: one OSError without an errno."""

    async def connect(port: int) -> None:
        async def both(*_: Any, **__: Any) -> Any:
            return [
                (socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in ("127.0.0.1", "127.0.0.2")
            ]

        asyncio.get_running_loop().getaddrinfo = both  # type: ignore[method-assign]
        await asyncio.open_connection("two.example", port)

    with socket.socket() as held:
        held.bind(("", 0))  # held on every address, and never listening
        with pytest.raises(OSError, match="Multiple exceptions") as caught:
            asyncio.run(connect(held.getsockname()[1]))
    assert caught.value.errno is None
    found = classify(caught.value)
    assert found is not None
    assert found.failure is Failure.CONNECTION_REFUSED


def test_a_network_without_a_way() -> None:
    with socket.socket() as made:
        with pytest.raises(OSError) as caught:
            made.connect(("127.255.255.255", 25))
    assert caught.value.errno in (errno.ENETUNREACH, errno.EACCES)
    found = classify(caught.value)
    assert found is not None
    assert found.failure is Failure.CANNOT_CONNECT


def test_a_stream_that_ends_in_the_middle() -> None:
    async def read() -> None:
        reader = asyncio.StreamReader()
        reader.feed_data(b"250 OK")
        reader.feed_eof()
        await reader.readuntil(b"\r\n")

    with pytest.raises(asyncio.IncompleteReadError) as caught:
        asyncio.run(read())
    found = classify(caught.value)
    assert found is not None
    assert found.failure is Failure.CONNECTION_CLOSED


def test_an_unknown_name_in_the_systems_resolver() -> None:
    with pytest.raises(socket.gaierror) as caught:
        socket.getaddrinfo("256.256.256.256", 25, flags=socket.AI_NUMERICHOST)
    found = classify(caught.value)
    assert found is not None
    assert found.failure is Failure.DNS_QUERY_FAILED
