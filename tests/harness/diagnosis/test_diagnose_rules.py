"""Each rule of the diagnosis, on a journal written by hand."""

import random

import pytest

from mailfault.codes.failure import Failure
from mailfault.diagnosis.diagnose import diagnose
from mailfault.diagnosis.diagnosis import Grade
from mailfault_servers.journal import Entry
from tests.harness.diagnosis.journals import (
    EHLO_PLAIN,
    GREETED,
    HELLO,
    HELLO_PLAIN,
    MX1,
    MX2,
    QUIT,
    USER,
    asked,
    client_fin,
    confirmed,
    delivered,
    established,
    found,
    journal,
    port,
    replied,
    said,
    server_fin,
    session,
    silent,
    starttls,
    tls_failed,
    to_data,
    to_mail,
    to_rcpt,
    took,
    transaction,
    unanswered,
)

F = Failure
TO_MAIL = (*HELLO, said("mail", "MAIL FROM:<a@c>"))
TO_RCPT = (*HELLO, *to_mail(), said("rcpt", f"RCPT TO:<{USER}>"))
TO_DATA = (*HELLO, *to_mail(), *to_rcpt(), said("data", "DATA"))
TO_DOT = (*HELLO, *to_mail(), *to_rcpt(), *to_data(), said("end-of-data", "."))
EHLO_SAID = (*GREETED, said("ehlo", "EHLO c"))
STARTTLS_SAID = (*HELLO, said("starttls", "STARTTLS"))

ONE_HOST = [
    ("greeting 421", (replied("greeting", "421 4.3.2 Bye"), server_fin("greeting")), F.CANNOT_CONNECT, "greeting"),
    ("greeting 554", (replied("greeting", "554 5.3.2 No"), *QUIT), F.CANNOT_CONNECT, "greeting"),
    (
        "greeting 554, then 503",
        (replied("greeting", "554 5.3.2 No"), said("ehlo", "EHLO c"), replied("ehlo", "503 5.5.1 QUIT"), *QUIT),
        F.CANNOT_CONNECT,
        "greeting",
    ),
    (
        "greeting unreadable",
        (replied("greeting", "HTTP/1.1 400"), server_fin("greeting")),
        F.CANNOT_CONNECT,
        "greeting",
    ),
    ("greeting FIN", (server_fin("greeting"),), F.CONNECTION_CLOSED, "greeting"),
    ("greeting RST", (server_fin("greeting", "rst"),), F.CONNECTION_CLOSED, "greeting"),
    ("greeting silence", (silent("greeting"), client_fin("greeting")), F.CONNECTION_TIMED_OUT, "greeting"),
    ("EHLO 421", (*EHLO_SAID, replied("ehlo", "421 4.3.2 Bye"), server_fin("ehlo")), F.CANNOT_CONNECT, "ehlo"),
    (
        "EHLO 5xx, HELO 5xx",
        (*EHLO_SAID, replied("ehlo", "502 no"), said("ehlo", "HELO c"), replied("ehlo", "550 no"), *QUIT),
        F.CANNOT_CONNECT,
        "ehlo",
    ),
    ("EHLO FIN", (*EHLO_SAID, server_fin("ehlo")), F.CONNECTION_CLOSED, "ehlo"),
    ("EHLO half-close", (*EHLO_SAID, server_fin("ehlo", "half-close")), F.CONNECTION_CLOSED, "ehlo"),
    ("EHLO silence", (*EHLO_SAID, silent("ehlo"), client_fin("ehlo")), F.CONNECTION_CLOSED, "ehlo"),
    ("STARTTLS 454", (*STARTTLS_SAID, replied("starttls", "454 4.7.0 no"), *QUIT), F.CANNOT_CONNECT, "starttls"),
    ("STARTTLS not offered", (*HELLO_PLAIN, *QUIT), F.CANNOT_CONNECT, "ehlo"),
    ("STARTTLS not offered, client gone", (*HELLO_PLAIN, client_fin("ehlo")), F.CANNOT_CONNECT, "ehlo"),
    (
        "handshake refused for the certificate",
        (*HELLO, *starttls("expired"), tls_failed("certificate expired")),
        F.CERTIFICATE_INVALID,
        "starttls",
    ),
    (
        "handshake left without a word",
        (*HELLO, *starttls("wrong name"), tls_failed(None)),
        F.CERTIFICATE_INVALID,
        "starttls",
    ),
    (
        "certificate refused after the handshake",
        (*HELLO, *starttls("wrong name"), established(), client_fin("starttls")),
        F.CERTIFICATE_INVALID,
        "starttls",
    ),
    (
        "handshake fails, the certificate being fine",
        (*HELLO, *starttls(), tls_failed("handshake failure")),
        F.CANNOT_CONNECT,
        "starttls",
    ),
    (
        "handshake fails for another reason than the bad certificate",
        (*HELLO, *starttls("expired"), tls_failed("protocol version")),
        F.CANNOT_CONNECT,
        "starttls",
    ),
    (
        "server gone within the handshake",
        (*HELLO, *starttls(), server_fin("starttls", "rst")),
        F.CANNOT_CONNECT,
        "starttls",
    ),
    ("MAIL 451", (*TO_MAIL, replied("mail", "451 4.3.0 later"), *QUIT), F.REMOTE_REPLY, "mail"),
    ("MAIL RST", (*TO_MAIL, server_fin("mail", "rst")), F.CONNECTION_CLOSED, "mail"),
    ("MAIL unreadable", (*TO_MAIL, replied("mail", "what?"), client_fin("mail")), F.CONNECTION_CLOSED, "mail"),
    ("RCPT 550", (*TO_RCPT, replied("rcpt", "550 5.1.1 who?"), *QUIT), F.REMOTE_REPLY, "rcpt"),
    ("RCPT 421 and FIN", (*TO_RCPT, replied("rcpt", "421 4.3.2 Bye"), server_fin("rcpt")), F.REMOTE_REPLY, "rcpt"),
    ("RCPT silence", (*TO_RCPT, silent("rcpt"), client_fin("rcpt")), F.CONNECTION_CLOSED, "rcpt"),
    ("DATA 554", (*TO_DATA, replied("data", "554 5.5.1 no"), *QUIT), F.REMOTE_REPLY, "data"),
    ("DATA FIN", (*TO_DATA, server_fin("data")), F.CONNECTION_CLOSED, "data"),
    ("message cut", (*TO_DATA, replied("data", "354 go"), server_fin("message")), F.CONNECTION_CLOSED, "message"),
    ("dot 550", (*TO_DOT, replied("end-of-data", "550 5.7.1 spam"), *QUIT), F.REMOTE_REPLY, "end-of-data"),
]


@pytest.mark.parametrize(("facts", "failure", "stage"), [one[1:] for one in ONE_HOST], ids=[one[0] for one in ONE_HOST])
def test_one_host(facts: tuple[object, ...], failure: Failure, stage: str) -> None:
    found_out = diagnose(journal(port(), found(MX1), session(*facts)))  # type: ignore[arg-type]
    assert (found_out.failure, found_out.stage, found_out.server) == (failure, stage, MX1)
    assert (found_out.delivered, found_out.happened, found_out.grade) == (False, True, Grade.WITNESSED)
    assert found_out.address == "127.0.0.10"
    assert MX1 in found_out.sentence
    assert not found_out.may_be_delivered


def test_the_remote_reply_is_kept() -> None:
    found_out = diagnose(
        journal(port(), found(MX1), session(*TO_RCPT, replied("rcpt", "550-5.1.1 No\n550 5.1.1 one"), *QUIT))
    )
    assert str(found_out.reply) == "550 5.1.1 No one"


@pytest.mark.parametrize(
    "tail", [QUIT, (said("quit", "QUIT"), server_fin("quit", "rst")), (server_fin("end-of-data"),), (client_fin("end-of-data"),)]
)  # fmt: skip
def test_after_the_final_250_nothing_matters(tail: tuple[object, ...]) -> None:
    found_out = diagnose(journal(port(), found(MX1), session(*HELLO, *transaction(), *tail)))  # type: ignore[arg-type]
    assert (found_out.failure, found_out.delivered, found_out.happened) == (None, True, True)


@pytest.mark.parametrize("end", [server_fin("end-of-data"), server_fin("end-of-data", "rst"), silent("end-of-data")])
def test_a_lost_reply(end: object) -> None:
    facts = (*HELLO, *to_mail(), *to_rcpt(), *to_data(), *took(), end)
    found_out = diagnose(journal(port(), found(MX1), session(*facts)))  # type: ignore[arg-type]
    assert (found_out.failure, found_out.delivered, found_out.may_be_delivered) == (F.CONNECTION_CLOSED, False, True)
    assert [one.confirmed for one in found_out.acceptances] == [False]


LOOK_UPS = [
    ("SERVFAIL", asked("dest.example", "MX", "SERVFAIL"), F.DNS_QUERY_FAILED),
    ("REFUSED", asked("dest.example", "MX", "REFUSED"), F.DNS_QUERY_FAILED),
    ("NXDOMAIN", asked("dest.example", "MX", "NXDOMAIN"), F.DNS_QUERY_FAILED),
    ("malformed", asked("dest.example", "MX", "MALFORMED"), F.DNS_QUERY_FAILED),
    ("nothing in it", asked("dest.example", "MX"), F.DNS_QUERY_FAILED),
    ("silence", unanswered("dest.example", "MX"), F.DNS_QUERY_FAILED),
    (
        "target without address",
        asked("dest.example", "MX", "NOERROR", f"MX 10 {MX1}") + asked(MX1, "A") + asked(MX1, "AAAA"),
        F.DNS_QUERY_FAILED,
    ),
    ("null MX", asked("dest.example", "MX", "NOERROR", "MX 0 ."), F.NO_MAIL_SERVICE),
]


@pytest.mark.parametrize(("parts", "failure"), [one[1:] for one in LOOK_UPS], ids=[one[0] for one in LOOK_UPS])
def test_look_ups(parts: list[object], failure: Failure) -> None:
    found_out = diagnose(journal(port(), parts))  # type: ignore[arg-type]
    assert (found_out.failure, found_out.stage, found_out.happened) == (failure, "lookup", True)
    assert found_out.grade is Grade.WITNESSED


@pytest.mark.parametrize(
    ("state", "failure"), [("refusing", F.CONNECTION_REFUSED), ("unresponsive", F.CONNECTION_TIMED_OUT)]
)
def test_a_syn_that_nobody_saw_is_inferred_from_the_address(state: str, failure: Failure) -> None:
    found_out = diagnose(journal(port(state), found(MX1)))
    assert (found_out.failure, found_out.grade, found_out.server) == (failure, Grade.INFERRED, MX1)
    assert not diagnose(journal(port(state))).happened


@pytest.mark.parametrize(
    "entries",
    [
        journal(port()),
        journal(port(), found(MX1)),
        journal(port(), asked("dest.example", "MX", "NOERROR", f"MX 10 {MX1}")),
        journal(port(), found(MX1), session(*HELLO, *QUIT)),
        journal(port(), found(MX1), session(*HELLO, *to_mail(), client_fin("mail"))),
    ],
)
def test_what_ends_nothing_has_not_happened(entries: list[Entry]) -> None:
    found_out = diagnose(entries)
    assert (found_out.failure, found_out.delivered, found_out.happened) == (None, False, False)
    assert "client" in found_out.sentence


BOTH = (port(), port(host=MX2))
GONE = session(replied("greeting", "421 4.3.2 Bye"), server_fin("greeting"))


def test_success_at_any_host_is_success() -> None:
    well = session(*HELLO, *transaction(), *QUIT, host=MX2)
    assert diagnose(journal(*BOTH, found(MX1, MX2), GONE, well)).delivered
    assert diagnose(journal(port("refusing"), port(host=MX2), found(MX1, MX2), well)).delivered


def test_the_last_host_attempted_decides() -> None:
    closed = session(server_fin("greeting"), host=MX2)
    found_out = diagnose(journal(*BOTH, found(MX1, MX2), GONE, closed))
    assert (found_out.failure, found_out.server) == (F.CONNECTION_CLOSED, MX2)
    shut = diagnose(journal(port(), port("refusing", MX2), found(MX1, MX2), GONE))
    assert (shut.failure, shut.server, shut.grade) == (F.CONNECTION_REFUSED, MX2, Grade.INFERRED)


def test_a_host_whose_address_was_never_given_was_not_attempted() -> None:
    parts = asked("dest.example", "MX", "NOERROR", f"MX 10 {MX1}", f"MX 20 {MX2}")
    parts += asked(MX1, "A", "NOERROR", "A 127.0.0.10")
    found_out = diagnose(journal(port(), port("refusing", MX2), parts, GONE))
    assert (found_out.failure, found_out.server) == (F.CANNOT_CONNECT, MX1)


def test_a_second_connection_in_clear_decides_after_a_broken_handshake() -> None:
    first = session(*HELLO, *starttls("expired"), tls_failed("unknown ca"))
    second = session(*HELLO, *transaction(), *QUIT, number=2)
    found_out = diagnose(journal(port(), found(MX1), first, second))
    assert found_out.delivered
    assert found_out.clear_mail == (MX1,)


def test_mail_in_clear_and_under_a_bad_certificate_is_noted() -> None:
    assert diagnose(delivered()).clear_mail == (MX1,)
    safe = (*HELLO, *starttls("expired"), established(), said("ehlo", "EHLO c", encrypted=True))
    safe = (*safe, replied("ehlo", EHLO_PLAIN, encrypted=True), *transaction(encrypted=True), *QUIT)
    found_out = diagnose(journal(port(), found(MX1), session(*safe)))
    assert found_out.delivered
    assert found_out.clear_mail == ()
    assert [one.certificate_problems for one in found_out.acceptances] == [("expired",)]


def test_recipients_may_fare_differently() -> None:
    facts = (
        *HELLO,
        *to_mail(),
        *to_rcpt(),
        *to_rcpt("gone@dest.example", "550 5.1.1 who?"),
        *to_data(),
        *confirmed(),
        *QUIT,
    )
    found_out = diagnose(journal(port(), found(MX1), session(*facts)))
    assert (found_out.failure, found_out.delivered) == (F.REMOTE_REPLY, False)
    assert found_out.recipients[USER].delivered
    assert str(found_out.recipients["gone@dest.example"].reply) == "550 5.1.1 who?"
    assert found_out.recipients["gone@dest.example"].address == "127.0.0.10"


def test_no_order_or_part_of_a_journal_breaks_it() -> None:
    chance = random.Random(7)
    facts = (*HELLO, *starttls("expired"), established(), *transaction(), *QUIT)
    whole = journal(port(), port("refusing", MX2), found(MX1, MX2), session(*facts), GONE)
    for _ in range(300):
        part = chance.sample(whole, chance.randrange(len(whole) + 1))
        assert diagnose(part).sentence
