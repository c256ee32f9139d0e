"""STARTTLS on a real socket: what a client sees, and what the journal says that the server did."""

import contextlib
import gc
import smtplib
import socket
import ssl
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import pytest

from mailfault_servers.clock import SystemClock
from mailfault_servers.fault import find_fault
from mailfault_servers.journal import Journal
from mailfault_servers.loop import run_on_loop
from mailfault_servers.network import HostNetwork
from mailfault_servers.smtp.host import SmtpHost
from mailfault_servers.tls.authority import shared_authority

NAME = "mx1.dest.example"
LIMIT_S = 5.0
Running = tuple[tuple[str, int], Journal]
Start = Callable[..., AbstractContextManager[Running]]
ENDINGS = {"ended-by-server", "ended-by-client", "tls-failed"}


@pytest.fixture
def host() -> Start:
    @contextmanager
    def start(use: str = "", **settings: Any) -> Iterator[Running]:
        (sock,) = HostNetwork().smtp_sockets(("127.0.0.10",))
        endpoint = sock.getsockname()
        clock = SystemClock()
        journal = Journal(clock)
        faults = [find_fault(use).model_validate(settings)] if use else []
        server = SmtpHost(
            name=NAME, sockets=(sock,), faults=faults, journal=journal, clock=clock, authority=shared_authority()
        )
        run_on_loop(server.start())
        try:
            yield endpoint, journal
            run_on_loop(server.settle(2.0))
        finally:
            run_on_loop(server.close())

    return start


def context(newest: ssl.TLSVersion = ssl.TLSVersion.TLSv1_3) -> ssl.SSLContext:
    made = ssl.create_default_context(cadata=shared_authority().root_pem.decode())
    made.maximum_version = newest
    return made


def encrypt(endpoint: tuple[str, int], newest: ssl.TLSVersion = ssl.TLSVersion.TLSv1_3) -> str:
    """STARTTLS and EHLO; what went wrong, as the exception's kind and words. The connection is closed by then."""
    client = smtplib.SMTP(*endpoint, local_hostname="client.example", timeout=LIMIT_S)
    client._host = NAME  # type: ignore[attr-defined]  # the name that the certificate is checked against
    try:
        client.starttls(context=context(newest))
        code, words = client.ehlo()
        return f"{code} {words.decode()}"
    except (OSError, smtplib.SMTPException) as error:
        return f"{type(error).__name__} {error}"
    finally:
        client.close()


def told(journal: Journal) -> list[str]:
    """The facts from the handshake on."""
    kinds = [entry.fact.kind for entry in journal if entry.fact.kind != "fault-acted"]
    stages = [getattr(entry.fact, "stage", "") for entry in journal if entry.fact.kind != "fault-acted"]
    return kinds[stages.index("starttls") + 2 :]


def what(journal: Journal, kind: str, field: str) -> str:
    return next(str(getattr(entry.fact, field)) for entry in journal if entry.fact.kind == kind)


SPOILT: tuple[tuple[str, dict[str, Any], str, list[str]], ...] = (
    ("tls.plaintext", {}, "WRONG_VERSION_NUMBER|UNEXPECTED", ["handshake-spoiled", "ended-by-server"]),
    ("tls.garbage", {}, "WRONG_VERSION_NUMBER|UNEXPECTED", ["handshake-spoiled", "ended-by-server"]),
    ("tls.http", {}, "WRONG_VERSION_NUMBER|HTTP", ["handshake-spoiled", "ended-by-server"]),
    ("tls.alert", {"name": "access_denied"}, "ACCESS_DENIED", ["handshake-spoiled", "ended-by-server"]),
    ("tls.unanswered-hello", {}, "EOF|closed", ["ended-by-server"]),
    ("tls.unanswered-hello", {"how": "reset"}, "reset|EOF", ["ended-by-server"]),
    ("tls.cut-flight", {}, "EOF|closed", ["certificate-presented", "handshake-spoiled", "ended-by-server"]),
    ("tls.cut-flight", {"how": "reset"}, "reset|EOF",
     ["certificate-presented", "handshake-spoiled", "ended-by-server"]),
    ("tls.flipped-byte", {}, "BAD_RECORD_MAC|bad record mac", ["certificate-presented", "handshake-spoiled", "tls-failed"]),
    ("tls.unoffered-cipher", {}, "CIPHER", ["certificate-presented", "handshake-spoiled", "tls-failed"]),
    ("tls.record-too-long", {}, "LENGTH", ["certificate-presented", "handshake-spoiled", "tls-failed"]),
    ("tls.record-version", {}, "VERSION", ["certificate-presented", "handshake-spoiled", "tls-failed"]),
    ("tls.versions", {"oldest": "1.0", "newest": "1.1"}, "PROTOCOL_VERSION|UNSUPPORTED", ["tls-failed"]),
    ("tls.no-shared-cipher", {}, "HANDSHAKE_FAILURE", ["tls-failed"]),
    ("tls.name-refused", {}, "UNRECOGNIZED_NAME", ["tls-failed"]),
)  # fmt: skip


@pytest.mark.parametrize(("use", "settings", "seen", "facts"), SPOILT)
def test_a_spoilt_handshake_is_seen_and_told(
    host: Start, use: str, settings: dict[str, Any], seen: str, facts: list[str]
) -> None:
    with host(use, **settings) as (endpoint, journal):
        said = encrypt(endpoint)
    assert any(word.lower() in said.lower() for word in seen.split("|")), said
    assert told(journal) == facts


WELL: tuple[tuple[str, dict[str, Any]], ...] = (
    ("", {}), ("tls.warning", {}), ("tls.dripped-flight", {}), ("tls.slow-handshake", {"by": "50ms"}),
    ("tls.client-certificate", {"wants": "asked"}), ("tls.name-needed", {}), ("tls.versions", {"oldest": "1.3"}),
    ("smtp.starttls-ready-reply", {}), ("smtp.starttls-lower-case", {}), ("smtp.starttls-offered-again", {}),
)  # fmt: skip


@pytest.mark.parametrize(("use", "settings"), WELL)
@pytest.mark.parametrize("newest", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3], ids=["1.2", "1.3"])
def test_what_is_odd_and_no_fault_leads_to_a_session(
    host: Start, use: str, settings: dict[str, Any], newest: ssl.TLSVersion
) -> None:
    if settings == {"oldest": "1.3"}:
        newest = ssl.TLSVersion.TLSv1_3
    with host(use, **settings) as (endpoint, journal):
        assert encrypt(endpoint, newest).startswith("250")
    assert "tls-established" in told(journal)


@pytest.mark.parametrize("how", ["close", "close-notify", "reset"])
def test_the_end_after_the_handshake_is_no_failed_handshake(host: Start, how: str) -> None:
    with host("smtp.starttls-session-ended", how=how) as (endpoint, journal):
        assert encrypt(endpoint).startswith("SMTPServerDisconnected")
    assert told(journal)[:2] == ["certificate-presented", "tls-established"]
    assert told(journal)[-1] == "ended-by-server"
    assert what(journal, "ended-by-server", "stage") == "ehlo"


@pytest.mark.parametrize("use", ["tls.unanswered-hello", "tls.cut-flight"])
def test_silence_in_the_handshake_is_told_as_silence(host: Start, use: str) -> None:
    with host(use, how="silent") as (endpoint, journal), socket.create_connection(endpoint, LIMIT_S) as client:
        begin(client)
        wait_for("went-silent", journal)
    assert [kind for kind in told(journal) if kind in ENDINGS] in (["tls-failed"], ["ended-by-client"])


def test_a_client_that_leaves_before_a_late_answer_was_left_in_silence(host: Start) -> None:
    with host("tls.slow-handshake", by="60s") as (endpoint, journal):
        with socket.create_connection(endpoint, LIMIT_S) as client:
            begin(client)
            wait_for("certificate-presented", journal)
    assert told(journal) == ["certificate-presented", "went-silent", "tls-failed"]


def wait_for(kind: str, journal: Journal) -> None:
    until = time.monotonic() + LIMIT_S
    while kind not in told(journal):
        assert time.monotonic() < until, f"{kind} never came"


def begin(client: socket.socket) -> None:
    """STARTTLS and a ClientHello on a plain socket."""
    talk = client.makefile("rwb")
    assert talk.readline().startswith(b"220")
    talk.write(b"EHLO c.example\r\nSTARTTLS\r\n")
    talk.flush()
    while not talk.readline().startswith(b"220"):
        pass
    outgoing = ssl.MemoryBIO()
    hello = context().wrap_bio(ssl.MemoryBIO(), outgoing, server_hostname=NAME)
    with pytest.raises(ssl.SSLWantReadError):
        hello.do_handshake()
    client.sendall(outgoing.read())


def test_a_client_certificate_that_is_wanted_is_missed_where_the_version_says(host: Start) -> None:
    with host("tls.client-certificate") as (endpoint, journal):
        assert "HANDSHAKE_FAILURE" in encrypt(endpoint, ssl.TLSVersion.TLSv1_2)
        assert "certificate required" in encrypt(endpoint).lower()
    assert what(journal, "tls-failed", "reason") == "peer did not return a certificate"
    assert "tls-established" not in told(journal)


def test_what_is_injected_behind_the_220_is_in_the_journal(host: Start) -> None:
    with host("smtp.starttls-injected-reply", lines="550 forged") as (endpoint, journal):
        encrypt(endpoint)
    replies = [str(getattr(entry.fact, "text", "")) for entry in journal if entry.fact.kind == "reply-sent"]
    assert "220 2.0.0 Ready to start TLS\n550 forged" in replies


def test_starttls_under_tls_is_refused(host: Start) -> None:
    with host() as (endpoint, _):
        client = smtplib.SMTP(*endpoint, local_hostname="c.example", timeout=LIMIT_S)
        client._host = NAME  # type: ignore[attr-defined]
        client.starttls(context=context())
        assert client.docmd("STARTTLS")[0] == 503
        assert client.ehlo()[0] == 250
        client.quit()


@pytest.mark.parametrize(
    ("use", "settings"),
    [("", {}), *((use, settings) for use, settings, *_ in SPOILT), ("tls.unanswered-hello", {"how": "silent"}),
     ("tls.dripped-flight", {"every": "10s"}), ("smtp.starttls-no-close-notify", {})],
)  # fmt: skip
def test_a_client_that_goes_away_in_the_handshake_leaves_nothing_open(
    host: Start, use: str, settings: dict[str, Any]
) -> None:
    with host(use, **settings) as (endpoint, journal), socket.create_connection(endpoint, LIMIT_S) as client:
        talk = client.makefile("rwb")
        talk.readline()
        talk.write(b"STARTTLS\r\n")
        talk.flush()
        talk.readline()
        talk.close()
    assert len([kind for kind in told(journal) if kind in ENDINGS]) == 1
    gc.collect()  # an unclosed socket would warn now, and warnings are errors


NOT_TLS = (
    b"QUIT\r\n", b"\x16", b"\x16\x03\x01\x00\x05hello", b"\x15\x03\x03\x00\x02\x02\x28", b"\x16\x03\x01\xff\xff",
    bytes(100_000), bytes(range(256)) * 8, b"\x80\x2e\x01\x00\x02",
)  # fmt: skip


@pytest.mark.parametrize("sent", NOT_TLS, ids=lambda data: repr(data[:8]))
@pytest.mark.parametrize(
    ("use", "settings"),
    [("", {}), ("tls.garbage", {}), ("tls.unanswered-hello", {"how": "silent"}), ("tls.cut-flight", {}),
     ("tls.slow-handshake", {"by": "60s"}), ("tls.versions", {"newest": "1.2"})],
)  # fmt: skip
def test_a_client_may_send_anything_in_place_of_its_hello(
    host: Start, use: str, settings: dict[str, Any], sent: bytes
) -> None:
    with host(use, **settings) as (endpoint, journal), socket.create_connection(endpoint, LIMIT_S) as client:
        talk = client.makefile("rwb")
        talk.readline()
        with contextlib.suppress(OSError):  # the host may be gone before all is sent
            talk.write(b"STARTTLS\r\n")
            talk.flush()
            talk.readline()
            talk.write(sent)
            talk.flush()
            client.shutdown(socket.SHUT_WR)
            talk.read()
    assert len([kind for kind in told(journal) if kind in ENDINGS]) == 1
    assert "tls-established" not in told(journal)


def in_one_go(endpoint: tuple[str, int], newest: ssl.TLSVersion, words: bytes) -> None:
    """Shake hands, and send the end of the handshake, these words, close_notify and FIN in one segment."""
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    tls = context(newest).wrap_bio(incoming, outgoing, server_hostname=NAME)
    with socket.create_connection(endpoint, timeout=LIMIT_S) as made, made.makefile("rb") as lines:
        lines.readline()
        made.sendall(b"EHLO client.example\r\n")
        while not lines.readline().startswith(b"250 "):
            pass
        made.sendall(b"STARTTLS\r\n")
        lines.readline()
        while True:
            try:
                tls.do_handshake()
                break
            except ssl.SSLWantReadError:
                made.sendall(outgoing.read())
                incoming.write(made.recv(65536))
        tls.write(words)
        with contextlib.suppress(ssl.SSLError):
            tls.unwrap()
        made.sendall(outgoing.read())
        made.shutdown(socket.SHUT_WR)
        while made.recv(65536):
            pass


@pytest.mark.parametrize("newest", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_what_comes_in_one_segment_with_the_end_is_heard(host: Start, newest: ssl.TLSVersion) -> None:
    """A busy host finds a client's Finished, QUIT, close_notify and FIN together."""
    with host() as (endpoint, journal):
        in_one_go(endpoint, newest, b"QUIT\r\n")
    assert told(journal)[:3] == ["certificate-presented", "tls-established", "command-received"]
    assert what(journal, "tls-established", "version") in ("TLSv1.2", "TLSv1.3")
    assert [entry.fact.line for entry in journal if entry.fact.kind == "command-received"][-1] == "QUIT"  # type: ignore[attr-defined]
    assert told(journal)[-1] in ENDINGS
