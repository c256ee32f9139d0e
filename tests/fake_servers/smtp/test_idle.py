"""Connections that a client keeps: as events in and actions out, and over sockets."""

import contextlib
import smtplib
import socket
from collections.abc import Iterator

import pytest

from mailfault_servers.action import Action, AwaitNextDelivery, Close, FillBacklog, Hang, Proceed, Refuse, Reset, Send
from mailfault_servers.clock import SystemClock
from mailfault_servers.facts import CommandReceived, EndedByServer, Fact, MessageAccepted, ReplySent, WentSilent
from mailfault_servers.fault import Event, Fault, find_fault
from mailfault_servers.journal import Journal
from mailfault_servers.loop import run_on_loop
from mailfault_servers.network import HostNetwork
from mailfault_servers.smtp.event import CommandArrived, ReplyReady
from mailfault_servers.smtp.faults.idle_421 import Idle421
from mailfault_servers.smtp.faults.idle_close import IdleClose
from mailfault_servers.smtp.faults.idle_reset import IdleReset
from mailfault_servers.smtp.faults.idle_silent import IdleSilent
from mailfault_servers.smtp.faults.idle_tls_lost import IdleTlsLost
from mailfault_servers.smtp.faults.overdue_reply import OverdueReply
from mailfault_servers.smtp.faults.too_many_connections import TooManyConnections
from mailfault_servers.smtp.faults.too_many_messages import TooManyMessages
from mailfault_servers.smtp.host import SmtpHost
from mailfault_servers.smtp.reply import Stage
from mailfault_servers.tcp.event import Idle, PortOpening
from mailfault_servers.tcp.faults.stopped import Stopped
from mailfault_servers.tcp.faults.vanished import Vanished
from mailfault_servers.tls.authority import shared_authority

MESSAGE = b"Subject: one\r\n\r\n-\r\n"


def arrived(stage: Stage, *, accepted: int = 0, others_open: int = 0) -> CommandArrived:
    return CommandArrived(
        stage=stage, line="", greeting_refused=False, encrypted=False, accepted=accepted, others_open=others_open
    )


IDLE, PORT = Idle(encrypted=False), PortOpening(address="127.0.0.10")
HONEST = (Send(b"250 OK\r\n"),)


@pytest.mark.parametrize(
    ("fault", "event", "honest", "done"),
    [
        (Idle421(), IDLE, (), (Send(b"421 4.4.2 Idle for too long\r\n"), Close())),
        (Idle421(reply="421 Bye"), IDLE, (), (Send(b"421 Bye\r\n"), Close())),
        (IdleClose(), IDLE, (), (Close(),)),
        (IdleReset(), IDLE, (), (Reset(),)),
        (IdleSilent(), IDLE, (), (Hang(),)),
        (IdleTlsLost(), IDLE, (), ()),
        (IdleClose(), arrived(Stage.MAIL), (Proceed(),), (Proceed(),)),
        (Stopped(), IDLE, (), (Close(),)),
        (Stopped(), PORT, (), (Refuse(),)),
        (Vanished(), IDLE, (), (Hang(),)),
        (Vanished(), PORT, (), (FillBacklog(),)),
        (OverdueReply(), ReplyReady(stage=Stage.END_OF_DATA, encrypted=False), HONEST, (AwaitNextDelivery(), *HONEST)),
        (OverdueReply(), ReplyReady(stage=Stage.MAIL, encrypted=False), HONEST, HONEST),
        (
            OverdueReply(at=Stage.RCPT, reply="550 No"),
            arrived(Stage.RCPT),
            (Proceed(),),
            (AwaitNextDelivery(), Send(b"550 No\r\n")),
        ),
        (OverdueReply(at=Stage.RCPT, reply="550 No"), ReplyReady(stage=Stage.RCPT, encrypted=False), HONEST, HONEST),
        (TooManyMessages(reply="421 Full"), arrived(Stage.MAIL, accepted=1), (Proceed(),), (Send(b"421 Full\r\n"), Close())),
        (TooManyMessages(allowed=2), arrived(Stage.MAIL, accepted=1), (Proceed(),), (Proceed(),)),
        (TooManyMessages(), arrived(Stage.RCPT, accepted=1), (Proceed(),), (Proceed(),)),
        (
            TooManyConnections(reply="421 Full"),
            arrived(Stage.GREETING, others_open=1),
            (Proceed(),),
            (Send(b"421 Full\r\n"), Close()),
        ),
        (TooManyConnections(), arrived(Stage.GREETING), (Proceed(),), (Proceed(),)),
        (TooManyConnections(), arrived(Stage.MAIL, others_open=1), (Proceed(),), (Proceed(),)),
    ],
)  # fmt: skip
def test_what_each_fault_does(fault: Fault, event: Event, honest: tuple[Action, ...], done: tuple[Action, ...]) -> None:
    assert tuple(fault.react(event, honest)) == done


@pytest.mark.parametrize("fault", ["smtp.idle-421", "smtp.overdue-reply", "smtp.too-many-messages"])
def test_a_reply_that_is_none_is_refused(fault: str) -> None:
    with pytest.raises(ValueError, match="not an SMTP reply"):
        find_fault(fault).model_validate({"reply": "Bye"})


@contextlib.contextmanager
def running(*faults: Fault) -> Iterator[tuple[SmtpHost, Journal, tuple[str, int]]]:
    (sock,) = HostNetwork().smtp_sockets(("127.0.0.10",))
    endpoint, journal = sock.getsockname(), Journal(SystemClock())
    host = SmtpHost(
        name="mx1", sockets=(sock,), faults=faults, journal=journal, clock=SystemClock(), authority=shared_authority()
    )
    run_on_loop(host.start())
    try:
        yield host, journal, endpoint
    finally:
        run_on_loop(host.close())


def sock_of(client: smtplib.SMTP) -> socket.socket:
    assert client.sock is not None
    return client.sock


def next_delivery(host: SmtpHost, journal: Journal) -> None:
    journal.attempt += 1
    run_on_loop(host.begin_delivery())


def facts(journal: Journal, delivery: int) -> list[Fact]:
    return [entry.fact for entry in journal if entry.attempt == delivery and entry.session is not None]


def test_a_421_between_two_deliveries_belongs_to_the_second() -> None:
    with running(Idle421()) as (host, journal, endpoint), smtplib.SMTP(*endpoint, timeout=5) as client:
        client.sendmail("a@client.example", ["b@dest.example"], MESSAGE)
        next_delivery(host, journal)
        assert client.getreply() == (421, b"4.4.2 Idle for too long")
        assert sock_of(client).recv(1) == b""
        client.close()
    assert any(isinstance(fact, MessageAccepted) for fact in facts(journal, 1))
    assert [type(fact).__name__ for fact in facts(journal, 2)] == ["FaultActed", "ReplySent", "EndedByServer"]
    assert {fact.stage for fact in facts(journal, 2) if isinstance(fact, ReplySent | EndedByServer)} == {Stage.IDLE}


def test_a_connection_that_nobody_keeps_is_not_idle() -> None:
    with running(IdleClose()) as (host, journal, endpoint):
        with smtplib.SMTP(*endpoint, timeout=5) as client:
            client.noop()
        run_on_loop(host.settle(5.0))
        next_delivery(host, journal)
    assert facts(journal, 2) == []


def test_a_host_without_faults_serves_a_kept_connection() -> None:
    with running() as (host, journal, endpoint), smtplib.SMTP(*endpoint, timeout=5) as client:
        for _ in range(3):
            client.sendmail("a@client.example", ["b@dest.example"], MESSAGE)
            next_delivery(host, journal)
    assert [sum(isinstance(fact, MessageAccepted) for fact in facts(journal, n)) for n in (1, 2, 3, 4)] == [1, 1, 1, 0]


def test_a_silent_connection_takes_commands_and_answers_none() -> None:
    with running(IdleSilent()) as (host, journal, endpoint), smtplib.SMTP(*endpoint, timeout=5) as client:
        client.ehlo("client.example")
        next_delivery(host, journal)
        client.putcmd("rset")
        sock_of(client).settimeout(0.05)
        with pytest.raises(TimeoutError):
            sock_of(client).recv(1)
        client.close()
        run_on_loop(host.settle(5.0))
        with smtplib.SMTP(*endpoint, timeout=5) as another:
            assert another.noop()[0] == 250
    told = facts(journal, 2)
    assert [fact for fact in told if isinstance(fact, WentSilent)] == [WentSilent(stage=Stage.IDLE)]
    assert CommandReceived(stage=Stage.RSET, line="rset", encrypted=False) in told


def test_a_late_reply_comes_when_the_next_delivery_begins() -> None:
    late = OverdueReply(at=Stage.MAIL, attempts=(1,))
    with running(late) as (host, journal, endpoint), smtplib.SMTP(*endpoint, timeout=5) as client:
        client.ehlo("client.example")
        client.putcmd("mail", "FROM:<a@client.example>")
        sock_of(client).settimeout(0.05)
        with pytest.raises(TimeoutError):
            sock_of(client).recv(1)
        sock_of(client).settimeout(5)
        next_delivery(host, journal)
        assert client.getreply() == (250, b"2.1.0 Sender OK")
        assert client.rcpt("b@dest.example")[0] == 250
        client.close()
    assert any(isinstance(fact, WentSilent) for fact in facts(journal, 1))


def test_one_connection_too_many_and_one_message_too_many() -> None:
    with running(TooManyConnections()) as (_, _, endpoint), smtplib.SMTP(*endpoint, timeout=5) as client:
        with socket.create_connection(endpoint, timeout=5) as second:
            assert second.recv(100) == b"421 4.7.0 Too many connections\r\n"
        client.noop()
    with running(TooManyMessages()) as (_, _, endpoint), smtplib.SMTP(*endpoint, timeout=5) as client:
        client.sendmail("a@client.example", ["b@dest.example"], MESSAGE)
        with pytest.raises(smtplib.SMTPSenderRefused, match="Too many messages"):
            client.sendmail("a@client.example", ["b@dest.example"], MESSAGE)


def test_the_keys_of_a_tls_session_are_lost_and_a_clear_one_is_left_alone() -> None:
    import ssl

    with running(IdleTlsLost()) as (host, journal, endpoint):
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        with contextlib.closing(smtplib.SMTP(*endpoint, timeout=5)) as client:
            client.starttls(context=context)
            client.ehlo("client.example")
            next_delivery(host, journal)
            with pytest.raises((ssl.SSLError, smtplib.SMTPServerDisconnected)):
                client.noop()
        with smtplib.SMTP(*endpoint, timeout=5) as client:
            client.noop()
            next_delivery(host, journal)
            assert client.noop()[0] == 250
