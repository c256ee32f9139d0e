"""Each rule of the diagnosis, on a journal written by hand."""

import random

import pytest

from mailfault.codes.failure import Failure
from mailfault.diagnosis.diagnose import diagnose
from mailfault.diagnosis.diagnosis import Grade
from mailfault_servers.journal import Entry
from tests.support import journals as j

F = Failure
TO_MAIL = (*j.HELLO, j.command("mail", "MAIL FROM:<a@c>"))
TO_RCPT = (*j.HELLO, *j.mail(), j.command("rcpt", f"RCPT TO:<{j.USER}>"))
TO_DATA = (*j.HELLO, *j.mail(), *j.rcpt(), j.command("data", "DATA"))
TO_DOT = (*j.HELLO, *j.mail(), *j.rcpt(), *j.data(), j.command("end-of-data", "."))
EHLO_SAID = (*j.GREETED, j.command("ehlo", "EHLO c"))
STARTTLS_SAID = (*j.HELLO, j.command("starttls", "STARTTLS"))

ONE_HOST = [
    ("greeting 421", (j.reply("greeting", "421 4.3.2 Bye"), j.server_end("greeting")), F.CANNOT_CONNECT, "greeting"),
    ("greeting 554", (j.reply("greeting", "554 5.3.2 No"), *j.QUIT), F.CANNOT_CONNECT, "greeting"),
    (
        "greeting 554, then 503",
        (j.reply("greeting", "554 5.3.2 No"), j.command("ehlo", "EHLO c"), j.reply("ehlo", "503 5.5.1 QUIT"), *j.QUIT),
        F.CANNOT_CONNECT,
        "greeting",
    ),
    (
        "greeting unreadable",
        (j.reply("greeting", "HTTP/1.1 400"), j.server_end("greeting")),
        F.CANNOT_CONNECT,
        "greeting",
    ),
    ("greeting FIN", (j.server_end("greeting"),), F.CONNECTION_CLOSED, "greeting"),
    ("greeting RST", (j.server_end("greeting", "rst"),), F.CONNECTION_CLOSED, "greeting"),
    ("greeting silence", (j.silence("greeting"), j.client_end("greeting")), F.CONNECTION_TIMED_OUT, "greeting"),
    ("EHLO 421", (*EHLO_SAID, j.reply("ehlo", "421 4.3.2 Bye"), j.server_end("ehlo")), F.CANNOT_CONNECT, "ehlo"),
    (
        "EHLO 5xx, HELO 5xx",
        (*EHLO_SAID, j.reply("ehlo", "502 no"), j.command("ehlo", "HELO c"), j.reply("ehlo", "550 no"), *j.QUIT),
        F.CANNOT_CONNECT,
        "ehlo",
    ),
    ("EHLO FIN", (*EHLO_SAID, j.server_end("ehlo")), F.CONNECTION_CLOSED, "ehlo"),
    ("EHLO half-close", (*EHLO_SAID, j.server_end("ehlo", "half-close")), F.CONNECTION_CLOSED, "ehlo"),
    ("EHLO silence", (*EHLO_SAID, j.silence("ehlo"), j.client_end("ehlo")), F.CONNECTION_CLOSED, "ehlo"),
    ("STARTTLS 454", (*STARTTLS_SAID, j.reply("starttls", "454 4.7.0 no"), *j.QUIT), F.CANNOT_CONNECT, "starttls"),
    ("STARTTLS not offered", (*j.HELLO_PLAIN, *j.QUIT), F.CANNOT_CONNECT, "ehlo"),
    ("STARTTLS not offered, client gone", (*j.HELLO_PLAIN, j.client_end("ehlo")), F.CANNOT_CONNECT, "ehlo"),
    (
        "handshake refused for the certificate",
        (*j.HELLO, *j.starttls("expired"), j.tls_failed("certificate expired")),
        F.CERTIFICATE_INVALID,
        "starttls",
    ),
    (
        "handshake left without a word",
        (*j.HELLO, *j.starttls("wrong name"), j.tls_failed(None)),
        F.CERTIFICATE_INVALID,
        "starttls",
    ),
    (
        "certificate refused after the handshake",
        (*j.HELLO, *j.starttls("wrong name"), j.tls_established(), j.client_end("starttls")),
        F.CERTIFICATE_INVALID,
        "starttls",
    ),
    (
        "handshake fails, the certificate being fine",
        (*j.HELLO, *j.starttls(), j.tls_failed("handshake failure")),
        F.CANNOT_CONNECT,
        "starttls",
    ),
    (
        "handshake fails for another reason than the bad certificate",
        (*j.HELLO, *j.starttls("expired"), j.tls_failed("protocol version")),
        F.CANNOT_CONNECT,
        "starttls",
    ),
    (
        "server gone within the handshake",
        (*j.HELLO, *j.starttls(), j.server_end("starttls", "rst")),
        F.CANNOT_CONNECT,
        "starttls",
    ),
    ("MAIL 451", (*TO_MAIL, j.reply("mail", "451 4.3.0 later"), *j.QUIT), F.REMOTE_REPLY, "mail"),
    ("MAIL RST", (*TO_MAIL, j.server_end("mail", "rst")), F.CONNECTION_CLOSED, "mail"),
    ("MAIL unreadable", (*TO_MAIL, j.reply("mail", "what?"), j.client_end("mail")), F.CONNECTION_CLOSED, "mail"),
    ("RCPT 550", (*TO_RCPT, j.reply("rcpt", "550 5.1.1 who?"), *j.QUIT), F.REMOTE_REPLY, "rcpt"),
    ("RCPT 421 and FIN", (*TO_RCPT, j.reply("rcpt", "421 4.3.2 Bye"), j.server_end("rcpt")), F.REMOTE_REPLY, "rcpt"),
    ("RCPT silence", (*TO_RCPT, j.silence("rcpt"), j.client_end("rcpt")), F.CONNECTION_CLOSED, "rcpt"),
    ("DATA 554", (*TO_DATA, j.reply("data", "554 5.5.1 no"), *j.QUIT), F.REMOTE_REPLY, "data"),
    ("DATA FIN", (*TO_DATA, j.server_end("data")), F.CONNECTION_CLOSED, "data"),
    ("message cut", (*TO_DATA, j.reply("data", "354 go"), j.server_end("message")), F.CONNECTION_CLOSED, "message"),
    ("dot 550", (*TO_DOT, j.reply("end-of-data", "550 5.7.1 spam"), *j.QUIT), F.REMOTE_REPLY, "end-of-data"),
]


@pytest.mark.parametrize(
    ("facts", "failure", "stage"), [case[1:] for case in ONE_HOST], ids=[case[0] for case in ONE_HOST]
)
def test_one_host(facts: tuple[object, ...], failure: Failure, stage: str) -> None:
    diagnosis = diagnose(j.journal(j.port(), j.lookups(j.MX1), j.session(*facts)))  # type: ignore[arg-type]
    assert (diagnosis.failure, diagnosis.stage, diagnosis.server) == (failure, stage, j.MX1)
    assert (diagnosis.delivered, diagnosis.happened, diagnosis.grade) == (False, True, Grade.WITNESSED)
    assert diagnosis.address == "127.0.0.10"
    assert j.MX1 in diagnosis.sentence
    assert not diagnosis.may_be_delivered


def test_the_remote_reply_is_kept() -> None:
    diagnosis = diagnose(
        j.journal(
            j.port(), j.lookups(j.MX1), j.session(*TO_RCPT, j.reply("rcpt", "550-5.1.1 No\n550 5.1.1 one"), *j.QUIT)
        )
    )
    assert str(diagnosis.reply) == "550 5.1.1 No one"


@pytest.mark.parametrize(
    "tail", [j.QUIT, (j.command("quit", "QUIT"), j.server_end("quit", "rst")), (j.server_end("end-of-data"),), (j.client_end("end-of-data"),)]
)  # fmt: skip
def test_after_the_final_250_nothing_matters(tail: tuple[object, ...]) -> None:
    diagnosis = diagnose(j.journal(j.port(), j.lookups(j.MX1), j.session(*j.HELLO, *j.transaction(), *tail)))  # type: ignore[arg-type]
    assert (diagnosis.failure, diagnosis.delivered, diagnosis.happened) == (None, True, True)


@pytest.mark.parametrize(
    "end", [j.server_end("end-of-data"), j.server_end("end-of-data", "rst"), j.silence("end-of-data")]
)
def test_a_lost_reply(end: object) -> None:
    facts = (*j.HELLO, *j.mail(), *j.rcpt(), *j.data(), *j.accepted(), end)
    diagnosis = diagnose(j.journal(j.port(), j.lookups(j.MX1), j.session(*facts)))  # type: ignore[arg-type]
    assert (diagnosis.failure, diagnosis.delivered, diagnosis.may_be_delivered) == (F.CONNECTION_CLOSED, False, True)
    assert [acceptance.confirmed for acceptance in diagnosis.acceptances] == [False]


@pytest.mark.parametrize(
    ("state", "failure"), [("refusing", F.CONNECTION_REFUSED), ("unresponsive", F.CONNECTION_TIMED_OUT)]
)
def test_a_syn_that_nobody_saw_is_inferred_from_the_address(state: str, failure: Failure) -> None:
    diagnosis = diagnose(j.journal(j.port(state), j.lookups(j.MX1)))
    assert (diagnosis.failure, diagnosis.grade, diagnosis.server) == (failure, Grade.INFERRED, j.MX1)
    assert not diagnose(j.journal(j.port(state))).happened


@pytest.mark.parametrize(
    "entries",
    [
        j.journal(j.port()),
        j.journal(j.port(), j.lookups(j.MX1)),
        j.journal(j.port(), j.lookup("dest.example", "MX", "NOERROR", f"MX 10 {j.MX1}")),
        j.journal(j.port(), j.lookups(j.MX1), j.session(*j.HELLO, *j.QUIT)),
        j.journal(j.port(), j.lookups(j.MX1), j.session(*j.HELLO, *j.mail(), j.client_end("mail"))),
    ],
)
def test_what_ends_nothing_has_not_happened(entries: list[Entry]) -> None:
    diagnosis = diagnose(entries)
    assert (diagnosis.failure, diagnosis.delivered, diagnosis.happened) == (None, False, False)
    assert "client" in diagnosis.sentence


BOTH = (j.port(), j.port(host=j.MX2))
GONE = j.session(j.reply("greeting", "421 4.3.2 Bye"), j.server_end("greeting"))


def test_success_at_any_host_is_success() -> None:
    well = j.session(*j.HELLO, *j.transaction(), *j.QUIT, host=j.MX2)
    assert diagnose(j.journal(*BOTH, j.lookups(j.MX1, j.MX2), GONE, well)).delivered
    assert diagnose(j.journal(j.port("refusing"), j.port(host=j.MX2), j.lookups(j.MX1, j.MX2), well)).delivered


def test_the_last_host_attempted_decides() -> None:
    closed = j.session(j.server_end("greeting"), host=j.MX2)
    diagnosis = diagnose(j.journal(*BOTH, j.lookups(j.MX1, j.MX2), GONE, closed))
    assert (diagnosis.failure, diagnosis.server) == (F.CONNECTION_CLOSED, j.MX2)
    shut = diagnose(j.journal(j.port(), j.port("refusing", j.MX2), j.lookups(j.MX1, j.MX2), GONE))
    assert (shut.failure, shut.server, shut.grade) == (F.CONNECTION_REFUSED, j.MX2, Grade.INFERRED)


def test_a_host_whose_address_was_never_given_was_not_attempted() -> None:
    parts = j.lookup("dest.example", "MX", "NOERROR", f"MX 10 {j.MX1}", f"MX 20 {j.MX2}")
    parts += j.lookup(j.MX1, "A", "NOERROR", "A 127.0.0.10")
    diagnosis = diagnose(j.journal(j.port(), j.port("refusing", j.MX2), parts, GONE))
    assert (diagnosis.failure, diagnosis.server) == (F.CANNOT_CONNECT, j.MX1)


def test_a_second_connection_in_clear_decides_after_a_broken_handshake() -> None:
    first = j.session(*j.HELLO, *j.starttls("expired"), j.tls_failed("unknown ca"))
    second = j.session(*j.HELLO, *j.transaction(), *j.QUIT, number=2)
    diagnosis = diagnose(j.journal(j.port(), j.lookups(j.MX1), first, second))
    assert diagnosis.delivered
    assert diagnosis.clear_mail == (j.MX1,)


def test_mail_in_clear_and_under_a_bad_certificate_is_noted() -> None:
    assert diagnose(j.delivered()).clear_mail == (j.MX1,)
    safe = (*j.HELLO, *j.starttls("expired"), j.tls_established(), j.command("ehlo", "EHLO c", encrypted=True))
    safe = (*safe, j.reply("ehlo", j.EHLO_PLAIN, encrypted=True), *j.transaction(encrypted=True), *j.QUIT)
    diagnosis = diagnose(j.journal(j.port(), j.lookups(j.MX1), j.session(*safe)))
    assert diagnosis.delivered
    assert diagnosis.clear_mail == ()
    assert [acceptance.certificate_problems for acceptance in diagnosis.acceptances] == [("expired",)]


def test_recipients_may_fare_differently() -> None:
    facts = (
        *j.HELLO,
        *j.mail(),
        *j.rcpt(),
        *j.rcpt("gone@dest.example", "550 5.1.1 who?"),
        *j.data(),
        *j.confirmed(),
        *j.QUIT,
    )
    diagnosis = diagnose(j.journal(j.port(), j.lookups(j.MX1), j.session(*facts)))
    assert (diagnosis.failure, diagnosis.delivered) == (F.REMOTE_REPLY, False)
    assert diagnosis.recipients[j.USER].delivered
    assert str(diagnosis.recipients["gone@dest.example"].reply) == "550 5.1.1 who?"
    assert diagnosis.recipients["gone@dest.example"].address == "127.0.0.10"


def test_no_order_or_part_of_a_journal_breaks_it() -> None:
    chance = random.Random(7)
    facts = (*j.HELLO, *j.starttls("expired"), j.tls_established(), *j.transaction(), *j.QUIT)
    whole = j.journal(j.port(), j.port("refusing", j.MX2), j.lookups(j.MX1, j.MX2), j.session(*facts), GONE)
    for _ in range(300):
        part = chance.sample(whole, chance.randrange(len(whole) + 1))
        assert diagnose(part).sentence
