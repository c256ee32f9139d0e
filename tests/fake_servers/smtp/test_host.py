"""One socket-level story for each way a session can go, seen from a plain socket client and from the journal."""

import smtplib
import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import pytest

from mailfault_servers.clock import SystemClock
from mailfault_servers.fault import find_fault
from mailfault_servers.journal import Journal
from mailfault_servers.loop import run_on_loop
from mailfault_servers.network import HostNetwork
from mailfault_servers.normal_form import normalised
from mailfault_servers.smtp.host import SmtpHost
from mailfault_servers.tls.authority import shared_authority

NAME = "mx1.dest.example"
LIMIT_S = 5.0
Running = tuple[tuple[str, int], Journal]
Start = Callable[..., AbstractContextManager[Running]]


@pytest.fixture
def host() -> Start:
    @contextmanager
    def start(*faults: dict[str, Any]) -> Iterator[Running]:
        (sock,) = HostNetwork().smtp_sockets(("127.0.0.10",))
        endpoint = sock.getsockname()
        clock = SystemClock()
        journal = Journal(clock)
        built = [find_fault(settings.pop("use")).model_validate(settings) for settings in faults]
        server = SmtpHost(
            name=NAME, sockets=(sock,), faults=built, journal=journal, clock=clock, authority=shared_authority()
        )
        run_on_loop(server.start())
        try:
            yield endpoint, journal
            run_on_loop(server.settle(0.05))
        finally:
            run_on_loop(server.close())

    return start


def deliver(endpoint: tuple[str, int], *, tls: bool = False, message: str = "Subject: x\r\n\r\n.dot\r\n") -> None:
    with smtplib.SMTP(*endpoint, local_hostname="client.example", timeout=LIMIT_S) as client:
        if tls:
            context = ssl.create_default_context(cadata=shared_authority().root_pem.decode())
            client._host = NAME  # type: ignore[attr-defined]  # the name that the certificate is checked against
            client.starttls(context=context)
        client.sendmail("a@client.example", ["user@dest.example", "other@dest.example"], message)


def kinds(journal: Journal) -> list[str]:
    return [entry.fact.kind for entry in journal]


@pytest.mark.parametrize("tls", [False, True])
def test_an_honest_host_takes_mail(host: Start, tls: bool) -> None:
    with host() as (endpoint, journal):
        deliver(endpoint, tls=tls)
    accepted = [entry.fact for entry in journal if entry.fact.kind == "message-accepted"]
    assert len(accepted) == 1
    assert accepted[0].recipients == ("user@dest.example", "other@dest.example")  # type: ignore[attr-defined]
    assert accepted[0].encrypted is tls  # type: ignore[attr-defined]
    assert accepted[0].size == len("Subject: x\r\n\r\n.dot\r\n")  # type: ignore[attr-defined]
    assert ("tls-established" in kinds(journal)) is tls
    assert kinds(journal)[-1] == "ended-by-server"
    assert "fault-acted" not in kinds(journal)


def test_it_offers_what_a_real_server_offers(host: Start) -> None:
    with host() as (endpoint, _), smtplib.SMTP(*endpoint, local_hostname="c.example", timeout=LIMIT_S) as client:
        client.ehlo()
        assert set(client.esmtp_features) == {
            "size", "8bitmime", "smtputf8", "starttls", "pipelining", "enhancedstatuscodes",
        }  # fmt: skip


def test_commands_may_be_sent_in_one_go(host: Start) -> None:
    with host() as (endpoint, journal), socket.create_connection(endpoint, LIMIT_S) as client:
        talk = client.makefile("rwb")
        assert talk.readline().startswith(b"220")
        talk.write(b"EHLO c.example\r\n")
        talk.flush()
        while not talk.readline().startswith(b"250 "):
            pass
        talk.write(b"MAIL FROM:<a@c.example>\r\nRCPT TO:<user@dest.example>\r\nDATA\r\n")
        talk.flush()
        assert [talk.readline()[:3] for _ in range(3)] == [b"250", b"250", b"354"]
        talk.write(b"Subject: x\r\n\r\nbody\r\n.\r\nQUIT\r\n")
        talk.flush()
        assert [talk.readline()[:3] for _ in range(2)] == [b"250", b"221"]
        assert talk.read() == b""
    assert kinds(journal).count("message-accepted") == 1


def raw(endpoint: tuple[str, int], *lines: bytes) -> bytes:
    """Say these lines one after another, reading one reply before each; return everything that was heard."""
    heard = b""
    with socket.create_connection(endpoint, LIMIT_S) as client:
        talk = client.makefile("rb")
        for line in (*lines, b""):
            while True:
                got = talk.readline()
                heard += got
                if got[3:4] != b"-" or not got:
                    break
            if not got:
                return heard
            client.sendall(line)
        return heard


def test_close_before_the_greeting(host: Start) -> None:
    with host({"use": "smtp.close", "at": "greeting"}) as (endpoint, journal):
        assert raw(endpoint) == b""
    assert kinds(journal) == ["port-opened", "connection-accepted", "fault-acted", "ended-by-server"]


def test_reset_after_ehlo(host: Start) -> None:
    with host({"use": "smtp.reset", "at": "ehlo"}) as (endpoint, journal), pytest.raises(ConnectionResetError):
        raw(endpoint, b"EHLO c.example\r\n")
    assert kinds(journal)[-1] == "ended-by-server"
    assert journal.entries[-1].fact.how == "rst"  # type: ignore[attr-defined]


def test_half_close_is_end_of_file_to_the_reader(host: Start) -> None:
    with host({"use": "smtp.half-close", "at": "ehlo"}) as (endpoint, _):
        assert raw(endpoint, b"EHLO c.example\r\n").startswith(b"220")


def test_silence_lasts_until_the_client_has_enough(host: Start) -> None:
    with host({"use": "smtp.silent", "at": "mail"}) as (endpoint, journal):
        with socket.create_connection(endpoint, LIMIT_S) as client:
            talk = client.makefile("rb")
            talk.readline()
            client.sendall(b"HELO c.example\r\n")
            talk.readline()
            client.sendall(b"MAIL FROM:<a@c.example>\r\n")
            client.settimeout(0.05)
            with pytest.raises(TimeoutError):
                talk.readline()
    assert "went-silent" in kinds(journal)


def test_close_after_the_final_dot_has_accepted_the_message(host: Start) -> None:
    with host({"use": "smtp.close", "at": "end-of-data"}) as (endpoint, journal):
        with pytest.raises(smtplib.SMTPServerDisconnected):
            deliver(endpoint)
    assert "message-accepted" in kinds(journal)
    assert kinds(journal)[-1] == "ended-by-server"


def test_a_refused_message_is_not_accepted(host: Start) -> None:
    with host({"use": "smtp.reply", "at": "end-of-data", "reply": "550 5.7.1 Spam"}) as (endpoint, journal):
        with pytest.raises(smtplib.SMTPDataError):
            deliver(endpoint)
    assert "message-accepted" not in kinds(journal)


def test_a_refused_mail_command_leaves_the_honest_server_without_a_sender(host: Start) -> None:
    with host({"use": "smtp.reply", "at": "mail", "reply": "451 4.3.0 Later"}) as (endpoint, _):
        heard = raw(
            endpoint, b"EHLO c\r\n", b"MAIL FROM:<a@c.example>\r\n", b"RCPT TO:<user@dest.example>\r\n", b"QUIT\r\n"
        )
    assert b"451 4.3.0 Later" in heard
    assert b"503" in heard


def test_a_refused_starttls_starts_no_tls(host: Start) -> None:
    with host({"use": "smtp.reply", "at": "starttls", "reply": "454 4.7.0 Not now"}) as (endpoint, journal):
        heard = raw(endpoint, b"EHLO c\r\n", b"STARTTLS\r\n", b"NOOP\r\n", b"QUIT\r\n")
    assert heard.count(b"\r\n250 OK") or b"250 OK" in heard
    assert "certificate-presented" not in kinds(journal)


@pytest.mark.parametrize("how", ["close", "reset", "silent"])
def test_a_message_is_cut_in_the_middle(host: Start, how: str) -> None:
    with host({"use": "smtp.cut-message", "after_bytes": 10, "how": how}) as (endpoint, journal):
        with socket.create_connection(endpoint, LIMIT_S) as client:
            talk = client.makefile("rb")
            for line in (b"HELO c\r\n", b"MAIL FROM:<a@c.example>\r\n", b"RCPT TO:<u@dest.example>\r\n", b"DATA\r\n"):
                talk.readline()
                client.sendall(line)
            assert talk.readline().startswith(b"354")
            client.sendall(b"Subject: cut\r\n")
            if how == "silent":
                client.settimeout(0.05)
                with pytest.raises(TimeoutError):
                    talk.readline()
            elif how == "reset":
                with pytest.raises(ConnectionResetError):
                    talk.readline()
            else:
                assert talk.readline() == b""
    assert "message-accepted" not in kinds(journal)
    end = next(e.fact for e in journal if e.fact.kind in ("ended-by-server", "went-silent"))
    assert end.stage == "message"  # type: ignore[attr-defined]
    assert end.message_bytes == 14  # type: ignore[attr-defined]


def test_a_client_that_refuses_the_certificate_is_seen_to(host: Start) -> None:
    with host({"use": "tls.expired"}) as (endpoint, journal), pytest.raises(ssl.SSLCertVerificationError):
        deliver(endpoint, tls=True)
    facts = {entry.fact.kind: entry.fact for entry in journal}
    assert facts["certificate-presented"].problems == ("expired",)  # type: ignore[attr-defined]
    assert facts["tls-failed"].alert == "certificate expired"  # type: ignore[attr-defined]
    assert "message-accepted" not in facts


def test_two_sessions_are_told_apart_and_the_journal_repeats(host: Start) -> None:
    runs = []
    for _ in range(2):
        with host() as (endpoint, journal):
            deliver(endpoint)
            deliver(endpoint, tls=True)
        runs.append(normalised(journal.entries))
    assert {entry["session"] for entry in runs[0]} == {None, 1, 2}
    assert runs[0] == runs[1]


def test_closing_a_host_ends_every_connection(host: Start) -> None:
    with host({"use": "smtp.silent", "at": "greeting"}) as (endpoint, _):
        client = socket.create_connection(endpoint, LIMIT_S)
        client.settimeout(LIMIT_S)
        clientfile = client.makefile("rb")
        client.sendall(b"NOOP\r\n")
    with client, clientfile:
        try:
            rest = clientfile.read()
        except ConnectionResetError:
            rest = b""
        assert rest == b""
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(endpoint, LIMIT_S)


def test_a_long_line_a_bare_line_feed_and_eight_bits_do_not_break_the_host(host: Start) -> None:
    with host() as (endpoint, _):
        heard = raw(endpoint, b"X" * 5000 + b"\r\n", b"\xff\xfe\x00\r\n", b"\r\n", b"NOOP\n", b"QUIT\r\n")
    assert heard.count(b"\r\n") == 6
    assert heard.endswith(b"221 2.0.0 Bye\r\n")


def test_a_strict_host_keeps_an_honest_client_and_names_the_rule_that_another_broke(host: Start) -> None:
    with host({"use": "smtp.teaser-greeting", "pause": "100ms"}, {"use": "smtp.strict"}) as (endpoint, journal):
        deliver(endpoint, tls=True)
        with socket.create_connection(endpoint, LIMIT_S) as early:
            replies = early.makefile("rb")
            assert replies.readline() == b"220-mx1.dest.example ESMTP\r\n"
            early.sendall(b"EHLO client.example\r\n")
            assert replies.read().startswith(b"554 5.5.0 ")
    assert kinds(journal).count("message-accepted") == 1
    (broken,) = [entry.fact for entry in journal if entry.fact.kind == "rule-broken"]
    assert broken.rule == "early-talk"  # type: ignore[attr-defined]
    greetings = [str(getattr(entry.fact, "text", "")) for entry in journal if entry.fact.kind == "reply-sent"]
    assert greetings[0] == "220-mx1.dest.example ESMTP\n220 mx1.dest.example ESMTP"
    assert greetings[-1].startswith("220-mx1.dest.example ESMTP\n554 5.5.0 ")
