"""What ended a session: every stage with every way to go wrong, and endings that hide behind others."""

import pytest

from mailfault.codes.failure import Failure
from mailfault.diagnosis.diagnose import diagnose
from mailfault.diagnosis.diagnosis import Diagnosis
from mailfault_servers.facts import Fact, ReplySent
from mailfault_servers.smtp.reading import Flaw
from tests.harness.diagnosis.journals import (
    EHLO,
    EHLO_PLAIN,
    GREETED,
    HELLO,
    HELLO_PLAIN,
    MX1,
    QUIT,
    USER,
    client_fin,
    confirmed,
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
)

F = Failure
OTHER = "other@dest.example"
TO_DATA = (*HELLO, *to_mail(), *to_rcpt(), *to_data())
ASKED: dict[str, tuple[Fact, ...]] = {
    "greeting": (),
    "ehlo": (*GREETED, said("ehlo", "EHLO c")),
    "starttls": (*HELLO, said("starttls", "STARTTLS")),
    "mail": (*HELLO, said("mail", "MAIL FROM:<a@c>")),
    "rcpt": (*HELLO, *to_mail(), said("rcpt", f"RCPT TO:<{USER}>")),
    "data": (*HELLO, *to_mail(), *to_rcpt(), said("data", "DATA")),
    "end-of-data": (*TO_DATA, said("end-of-data", ".")),
}
EARLY = ("greeting", "ehlo", "starttls")


def read(*facts: Fact) -> Diagnosis:
    return diagnose(journal(port(), found(MX1), session(*facts)))


@pytest.mark.parametrize("stage", ASKED)
@pytest.mark.parametrize("reply", ["421 4.3.2 Bye", "451 4.3.0 later", "554 5.7.1 no"])
@pytest.mark.parametrize("tail", ["quit", "fin", "rst", "silence", "client"])
def test_a_complete_refusal_counts_whatever_follows_it(stage: str, reply: str, tail: str) -> None:
    after = {
        "quit": QUIT,
        "fin": (server_fin(stage),),
        "rst": (server_fin(stage, "rst"),),
        "silence": (silent(stage), client_fin(stage)),
        "client": (client_fin(stage),),
    }[tail]
    its = read(*ASKED[stage], replied(stage, reply), *after)
    assert its.failure is (F.CANNOT_CONNECT if stage in EARLY else F.REMOTE_REPLY)
    assert (its.stage, str(its.reply)) == (stage, reply)
    assert reply in its.sentence


@pytest.mark.parametrize("stage", ASKED)
@pytest.mark.parametrize("how", ["fin", "rst", "half-close"])
def test_an_end_in_place_of_the_reply(stage: str, how: str) -> None:
    its = read(*ASKED[stage], server_fin(stage, how))
    assert (its.failure, its.stage, its.reply) == (F.CONNECTION_CLOSED, stage, None)


@pytest.mark.parametrize("stage", ASKED)
def test_silence_in_place_of_the_reply(stage: str) -> None:
    its = read(*ASKED[stage], silent(stage), client_fin(stage))
    assert its.failure is (F.CONNECTION_TIMED_OUT if stage == "greeting" else F.CONNECTION_CLOSED)
    assert its.stage == stage


@pytest.mark.parametrize("stage", ASKED)
def test_something_unreadable_in_place_of_the_reply(stage: str) -> None:
    its = read(*ASKED[stage], replied(stage, "HTTP/1.1 400 Bad Request"), server_fin(stage))
    assert its.failure is (F.CANNOT_CONNECT if stage in EARLY else F.CONNECTION_CLOSED)
    assert (its.stage, its.reply) == (stage, None)


ENCRYPTED = (*HELLO, *starttls("expired"), established())
ENCRYPTED_WELL = (*HELLO, *starttls(), established())
EHLO_INSIDE = (said("ehlo", "EHLO c", encrypted=True), replied("ehlo", EHLO_PLAIN, encrypted=True))
RCPT_REFUSED = to_rcpt(reply="550 5.1.1 who?")
RCPT_REFUSED_INSIDE = (*to_mail(encrypted=True), *to_rcpt(reply="550 5.1.1 who?", encrypted=True))

ENDINGS: dict[str, tuple[tuple[Fact, ...], Failure | None, str | None, str]] = {
    # a later command that was not answered is what ended the session, not an older refusal
    "one RCPT refused, the next one reset": (
        (*HELLO, *to_mail(), *RCPT_REFUSED, said("rcpt", f"RCPT TO:<{OTHER}>"), server_fin("rcpt", "rst")),
        F.CONNECTION_CLOSED, "rcpt", "reset",
    ),
    "one RCPT refused, the next one never answered": (
        (*HELLO, *to_mail(), *RCPT_REFUSED, said("rcpt", f"RCPT TO:<{OTHER}>"), silent("rcpt"), client_fin("rcpt")),
        F.CONNECTION_CLOSED, "rcpt", "never answered",
    ),
    "EHLO refused, HELO reset": (
        (*GREETED, said("ehlo", "EHLO c"), replied("ehlo", "502 no"), said("ehlo", "HELO c"), server_fin("ehlo", "rst")),
        F.CONNECTION_CLOSED, "ehlo", "HELO",
    ),
    "STARTTLS refused, MAIL in clear reset": (
        (*ASKED["starttls"], replied("starttls", "454 no"), said("mail", "MAIL FROM:<a@c>"), server_fin("mail", "rst")),
        F.CONNECTION_CLOSED, "mail", "MAIL",
    ),
    "one RCPT refused, another taken, the message cut": (
        (*HELLO, *to_mail(), *RCPT_REFUSED, *to_rcpt(OTHER), *to_data(), server_fin("message")),
        F.CONNECTION_CLOSED, "message", "bytes of the message",
    ),
    # a refusal is overcome only by getting past it
    "STARTTLS refused, EHLO again, then gone": (
        (*ASKED["starttls"], replied("starttls", "454 4.7.0 no"), said("ehlo", "EHLO c"), replied("ehlo", EHLO), *QUIT),
        F.CANNOT_CONNECT, "starttls", "454 4.7.0 no",
    ),
    "RCPT refused, RSET, MAIL again, then gone": (
        (*HELLO, *to_mail(), *RCPT_REFUSED, said("rset", "RSET"), replied("rset", "250 OK"), *to_mail(), *QUIT),
        F.REMOTE_REPLY, "rcpt", "550 5.1.1",
    ),
    "the first RCPT refused, the second taken, then gone": (
        (*HELLO, *to_mail(), *RCPT_REFUSED, *to_rcpt(OTHER), *QUIT),
        F.REMOTE_REPLY, "rcpt", "550 5.1.1",
    ),
    "the first RCPT taken, the second refused, then gone": (
        (*HELLO, *to_mail(), *to_rcpt(OTHER), *RCPT_REFUSED, *QUIT),
        F.REMOTE_REPLY, "rcpt", "550 5.1.1",
    ),
    "RCPT refused, the same RCPT taken, then gone": (
        (*HELLO, *to_mail(), *RCPT_REFUSED, *to_rcpt(), *QUIT),
        None, "rcpt", "left",
    ),
    # commands sent ahead (RFC 2920) meet 503, which only echoes the refusal
    "MAIL refused, RCPT and DATA sent ahead": (
        (*ASKED["mail"], replied("mail", "451 4.3.0 later"), *to_rcpt(reply="503 Error: need MAIL command"),
         said("data", "DATA"), replied("data", "503 Error: need RCPT command"), *QUIT),
        F.REMOTE_REPLY, "mail", "451 4.3.0 later",
    ),
    "RCPT refused, DATA sent ahead": (
        (*HELLO, *to_mail(), *RCPT_REFUSED, said("data", "DATA"), replied("data", "503 5.5.1 need RCPT"), *QUIT),
        F.REMOTE_REPLY, "rcpt", "550 5.1.1",
    ),
    "RCPT refused, DATA sent ahead and told 554": (
        (*HELLO, *to_mail(), *RCPT_REFUSED, said("data", "DATA"), replied("data", "554 5.5.1 no valid recipients"), *QUIT),
        F.REMOTE_REPLY, "rcpt", "550 5.1.1",
    ),
    "503 that nothing came before is an answer": (
        (*ASKED["rcpt"], replied("rcpt", "503 5.5.1 no"), *QUIT), F.REMOTE_REPLY, "rcpt", "503 5.5.1 no",
    ),
    # what is said to QUIT, or not said, ends nothing
    "STARTTLS not offered, garbage at QUIT": (
        (*HELLO_PLAIN, said("quit", "QUIT"), replied("quit", "what?"), server_fin("quit")),
        F.CANNOT_CONNECT, "ehlo", "did not offer STARTTLS",
    ),
    "STARTTLS not offered, silence at QUIT": (
        (*HELLO_PLAIN, said("quit", "QUIT"), silent("quit"), client_fin("quit")),
        F.CANNOT_CONNECT, "ehlo", "did not offer STARTTLS",
    ),
    "certificate refused, silence at QUIT": (
        (*ENCRYPTED, said("quit", "QUIT", encrypted=True), silent("quit"), client_fin("quit")),
        F.CERTIFICATE_INVALID, "starttls", "expired",
    ),
    "left for no reason, silence at QUIT": (
        (*HELLO, said("quit", "QUIT"), silent("quit"), client_fin("quit")), None, "ehlo", "left",
    ),
    # something unreadable that the client got over
    "garbage at EHLO, HELO well, MAIL reset": (
        (*ASKED["ehlo"], replied("ehlo", "what?"), said("ehlo", "HELO c"), replied("ehlo", "250 mx"),
         said("mail", "MAIL FROM:<a@c>"), server_fin("mail", "rst")),
        F.CONNECTION_CLOSED, "mail", "MAIL",
    ),
    "garbage for a greeting, RCPT refused": (
        (replied("greeting", "what?"), *HELLO[1:], *to_mail(), *RCPT_REFUSED, *QUIT),
        F.REMOTE_REPLY, "rcpt", "550 5.1.1",
    ),
    "one RCPT refused, garbage for the next": (
        (*HELLO, *to_mail(), *RCPT_REFUSED, *to_rcpt(OTHER, "what?"), client_fin("rcpt")),
        F.CONNECTION_CLOSED, "rcpt", "what?",
    ),
    # TLS that breaks down late has nothing to do with the certificate
    "a bad certificate accepted, RCPT refused, TLS cut off": (
        (*ENCRYPTED, *EHLO_INSIDE, *RCPT_REFUSED_INSIDE, tls_failed(None)), F.REMOTE_REPLY, "rcpt", "550 5.1.1",
    ),
    "a good certificate, RCPT refused, TLS cut off": (
        (*ENCRYPTED_WELL, *EHLO_INSIDE, *RCPT_REFUSED_INSIDE, tls_failed(None)), F.REMOTE_REPLY, "rcpt", "550 5.1.1",
    ),
    "a bad certificate accepted, EHLO refused, TLS cut off": (
        (*ENCRYPTED, said("ehlo", "EHLO c", encrypted=True), replied("ehlo", "421 4.3.2 Bye", encrypted=True),
         tls_failed(None)),
        F.CANNOT_CONNECT, "ehlo", "421 4.3.2 Bye",
    ),
    "a bad certificate accepted, RCPT never answered, TLS cut off": (
        (*ENCRYPTED, *EHLO_INSIDE, *to_mail(encrypted=True), said("rcpt", f"RCPT TO:<{USER}>", encrypted=True),
         silent("rcpt"), tls_failed(None)),
        F.CONNECTION_CLOSED, "rcpt", "never answered",
    ),
    "silence in the handshake, then the client breaks it off": (
        (*HELLO, *starttls(), silent("starttls"), tls_failed(None)), F.CONNECTION_CLOSED, "starttls", "fell silent within",
    ),
    "the alert comes after the handshake (TLS 1.3)": (
        (*ENCRYPTED, tls_failed("unknown ca")), F.CERTIFICATE_INVALID, "starttls", "unknown ca",
    ),
    "the client leaves the handshake, the certificate being fine": (
        (*HELLO, *starttls(), client_fin("starttls")), F.CANNOT_CONNECT, "starttls", "handshake",
    ),
    "a bad certificate, EHLO inside, then gone": (
        (*ENCRYPTED, *EHLO_INSIDE, *QUIT), F.CERTIFICATE_INVALID, "starttls", "expired",
    ),
    "a bad certificate, MAIL inside, then gone": (
        (*ENCRYPTED, *EHLO_INSIDE, *to_mail(encrypted=True), client_fin("mail")), None, "mail", "left",
    ),
    "a server that closes after its greeting": (
        (*GREETED, server_fin("greeting")), F.CONNECTION_CLOSED, "greeting", "after",
    ),
    "a refusal of the final dot is one, whatever was noted before": (
        (*TO_DATA, *took(), replied("end-of-data", "451 4.3.0 later"), *QUIT), F.REMOTE_REPLY, "end-of-data", "451 4.3.0",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("facts", "failure", "stage", "words"), ENDINGS.values(), ids=ENDINGS)
def test_what_ended_it(facts: tuple[Fact, ...], failure: Failure | None, stage: str, words: str) -> None:
    its = read(*facts)
    assert (its.failure, its.stage) == (failure, stage), its.sentence
    assert words in its.sentence
    assert its.happened is (failure is not None)
    assert not its.delivered
    assert not its.may_be_delivered


def test_the_sentence_names_the_command_that_was_refused() -> None:
    its = read(*ASKED["ehlo"], replied("ehlo", "421 4.3.2 Bye"), *QUIT)
    assert its.sentence == f"{MX1} answered EHLO with 421 4.3.2 Bye"


def test_an_unreadable_answer_to_the_final_dot_leaves_it_open() -> None:
    its = read(*TO_DATA, *took(), replied("end-of-data", "what?"), server_fin("end-of-data"))
    assert (its.failure, its.may_be_delivered, its.delivered) == (F.CONNECTION_CLOSED, True, False)


def test_an_intermediate_reply_confirms_nothing() -> None:
    its = read(*TO_DATA, *took(), replied("end-of-data", "354 go on"), server_fin("end-of-data"))
    assert (its.failure, its.may_be_delivered, its.delivered) == (F.CONNECTION_CLOSED, True, False)


def test_of_two_transactions_each_counts() -> None:
    second = (*to_mail(), *to_rcpt(OTHER), said("data", "DATA"), replied("data", "554 5.6.0 no"), *QUIT)
    its = read(*HELLO, *transaction(), *second)
    assert (its.failure, its.delivered) == (F.REMOTE_REPLY, False)
    assert its.recipients[USER].delivered
    assert str(its.recipients[OTHER].reply) == "554 5.6.0 no"


def test_a_transaction_begun_and_dropped_takes_nothing_back() -> None:
    assert read(*HELLO, *transaction(), *to_mail(), *QUIT).delivered


def test_two_transactions_may_both_succeed() -> None:
    its = read(*HELLO, *transaction(), *to_mail(), *to_rcpt(OTHER), *to_data(), *confirmed(OTHER), *QUIT)
    assert (its.delivered, its.recipients, len(its.acceptances)) == (True, {}, 2)


@pytest.mark.parametrize("end", [(), QUIT, (client_fin("data"),)])
def test_what_could_not_be_read_is_why_a_client_left_that_had_sent_commands_ahead(end: tuple[Fact, ...]) -> None:
    unread = (said("mail", "MAIL FROM:<a@c>"), replied("mail", "25 OK"))
    diagnosis = read(*HELLO, *unread, *to_rcpt(), *to_data(), *end)
    assert (diagnosis.failure, diagnosis.stage) == (F.CONNECTION_CLOSED, "mail")
    assert diagnosis.sentence.startswith(f"{MX1} answered MAIL with '25 OK'")


def test_what_could_not_be_read_early_and_was_gone_on_after_makes_the_host_of_no_use() -> None:
    twice = ReplySent(stage="greeting", text="220 mx\n250 mx", encrypted=False, flaw=Flaw.MORE_BEHIND)
    unread = (twice, said("ehlo", "EHLO c"), replied("ehlo", EHLO))
    assert read(*unread, *to_mail(), *to_rcpt(), *to_data(), *QUIT).failure is F.CANNOT_CONNECT


def test_what_could_not_be_read_did_no_harm_where_the_message_arrived() -> None:
    unread = (said("mail", "MAIL FROM:<a@c>"), replied("mail", "25 OK"))
    assert read(*HELLO, *unread, *to_rcpt(), *to_data(), *confirmed(), *QUIT).delivered


def test_a_refusal_that_came_later_counts_for_more() -> None:
    unread = (said("mail", "MAIL FROM:<a@c>"), replied("mail", "25 OK"))
    diagnosis = read(*HELLO, *unread, *to_rcpt(reply="550 5.1.1 No such user"), *QUIT)
    assert diagnosis.failure is F.REMOTE_REPLY
