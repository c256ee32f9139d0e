"""Journals of several deliveries: each told by itself, with what it owes to those before it."""

from collections.abc import Iterable
from dataclasses import replace

import pytest

from mailfault.codes.failure import Failure
from mailfault.diagnosis.deliveries import sessions_of
from mailfault.diagnosis.diagnose import diagnose
from mailfault.events import Ending
from mailfault.judging.combine import combine
from mailfault.judging.messages import diagnose_messages
from mailfault.judging.verdict import Verdict
from mailfault_servers.facts import Fact, MessageAccepted
from mailfault_servers.journal import Entry
from tests.harness.diagnosis.journals import (
    HELLO,
    MX1,
    QUIT,
    USER,
    Part,
    client_fin,
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
    to_data,
    to_mail,
    to_rcpt,
    took,
    transaction,
    unanswered,
)


def deliveries(*each: Iterable[Part | Iterable[Part]]) -> tuple[Entry, ...]:
    """One journal of several deliveries, each given by its parts."""
    told = [replace(entry, attempt=number) for number, parts in enumerate(each, start=1) for entry in journal(*parts)]
    return tuple(replace(entry, number=number) for number, entry in enumerate(told))


def kept(*facts: Fact) -> list[Part]:
    """What goes on in the first session at the first host."""
    return [(MX1, 1, fact) for fact in facts]


def accepted(digest: str) -> tuple[Fact, ...]:
    return (
        *to_mail(),
        *to_rcpt(),
        *to_data(),
        said("end-of-data", "."),
        MessageAccepted(sender="a@c", recipients=(USER,), size=1, digest=digest, encrypted=False),
        replied("end-of-data", "250 taken"),
    )


WELL = [port(), found(MX1), session(*HELLO, *transaction())]
RSET = (said("rset", "RSET"), replied("rset", "250 OK"))


def test_a_kept_connection_was_greeted_in_an_earlier_delivery() -> None:
    told = deliveries(WELL, [kept(*RSET, *to_mail(), *to_rcpt(USER, "550 5.1.1 No"))])
    first, second = diagnose(told, 1), diagnose(told, 2)
    assert (first.delivered, second.delivered) == (True, False)
    assert (second.failure, str(second.reply), second.address) == (Failure.REMOTE_REPLY, "550 5.1.1 No", "127.0.0.10")
    assert [len(one.acceptances) for one in (first, second)] == [1, 0]


def test_a_kept_connection_stays_encrypted_under_its_certificate() -> None:
    hello = (*HELLO, *starttls("expired"), established())
    told = deliveries(
        [port(), found(MX1), session(*hello, *transaction(encrypted=True))], [kept(*transaction(encrypted=True))]
    )
    (acceptance,) = diagnose(told, 2).acceptances
    assert (acceptance.encrypted, acceptance.certificate_problems) == (True, ("expired",))
    assert diagnose(told, 2).clear_mail == ()


def test_the_end_of_a_kept_connection_hides_no_new_one() -> None:
    gone = kept(replied("idle", "421 4.4.2 Idle"), server_fin("idle"))
    told = deliveries(WELL, [gone, session(*HELLO, *transaction(), *QUIT, number=2)])
    assert diagnose(told, 2).delivered


@pytest.mark.parametrize(
    ("gone", "failure", "words"),
    [
        ((replied("idle", "421 4.4.2 Idle"), server_fin("idle")), Failure.REMOTE_REPLY, "said 421 4.4.2 Idle"),
        ((server_fin("idle"),), Failure.CONNECTION_CLOSED, "closed the connection after it had answered the message"),
        ((server_fin("idle", "rst"),), Failure.CONNECTION_CLOSED, "reset the connection"),
        ((silent("idle"), said("rset", "RSET"), client_fin("rset")), Failure.CONNECTION_CLOSED, "fell silent on the"),
        ((silent("idle"), said("mail", "MAIL FROM:<a@c>")), Failure.CONNECTION_CLOSED, "fell silent on the"),
        ((*RSET[:1], replied("rset", "421 Bye"), server_fin("rset")), Failure.CONNECTION_CLOSED, "RSET"),
    ],
)
def test_a_client_that_does_not_connect_anew(gone: tuple[Fact, ...], failure: Failure, words: str) -> None:
    second = diagnose(deliveries(WELL, [kept(*gone)]), 2)
    assert (second.failure, second.delivered, second.happened) == (failure, False, True)
    assert words in second.sentence


def test_a_port_that_is_shut_for_one_delivery() -> None:
    nobody = [port("refusing"), kept(server_fin("idle")), found(MX1)]
    told = deliveries(WELL, nobody, [port(), found(MX1), session(*HELLO, *transaction(), number=2)])
    assert [diagnose(told, n).failure for n in (1, 2, 3)] == [None, Failure.CONNECTION_REFUSED, None]
    assert diagnose(told, 3).delivered


def test_what_was_known_of_names_before_counts_where_nothing_was_asked() -> None:
    told = deliveries(WELL, [port("unresponsive")])
    assert diagnose(told, 2).failure is Failure.CONNECTION_TIMED_OUT


def test_an_earlier_failure_of_the_look_up_is_over() -> None:
    told = deliveries([port(), unanswered("dest.example", "MX")], WELL[1:])
    assert [diagnose(told, n).failure for n in (1, 2)] == [Failure.DNS_QUERY_FAILED, None]
    assert diagnose(told, 2).delivered


def test_a_reply_that_comes_too_late_confirms_nothing_and_refuses_nothing() -> None:
    first = [port(), found(MX1), session(*HELLO, *to_mail(), *to_rcpt(), *to_data(), *took(), silent("end-of-data"))]
    for late in ("250 taken", "554 5.7.1 No"):
        told = deliveries(first, [kept(replied("end-of-data", late), *transaction())])
        assert diagnose(told, 1).may_be_delivered
        assert [one.confirmed for one in diagnose(told, 1).acceptances] == [False]
        assert diagnose(told, 2).delivered


def test_all_deliveries_at_once_are_told_as_before() -> None:
    told = deliveries(WELL, [kept(*RSET, *transaction())])
    assert len(sessions_of(told, None)) == 2
    assert [len(sessions_of(told, n)) for n in (1, 2, 3)] == [1, 1, 0]
    assert len(diagnose(told).acceptances) == 2


# -- whose message it was ------------------------------------------------------------------------------------------


def test_each_message_has_its_own_copies() -> None:
    told = deliveries([port(), found(MX1), session(*HELLO, *accepted("one"))], [kept(*accepted("two"))])
    first, second = diagnose_messages(told, ("one", "two"))
    assert [one.digest for one in (*first.acceptances, *second.acceptances)] == ["one", "two"]
    assert first.delivered
    assert second.delivered


def test_a_message_in_the_place_of_another_is_a_second_copy_of_it() -> None:
    told = deliveries([port(), found(MX1), session(*HELLO, *accepted("one"))], [kept(*accepted("one"))])
    first, second = diagnose_messages(told, ("one", "two"))
    assert [one.digest for one in first.acceptances] == ["one", "one"]
    assert (second.acceptances, second.delivered, second.happened) == ((), False, False)
    assert "another message in the place of this one" in second.sentence


def test_a_client_that_changes_its_messages_is_taken_at_its_deliveries() -> None:
    told = deliveries([port(), found(MX1), session(*HELLO, *accepted("x"))], [kept(*accepted("y"))])
    first, second = diagnose_messages(told, ("one", "two"))
    assert [one.digest for one in first.acceptances] == ["x"]
    assert [one.digest for one in second.acceptances] == ["y"]


def test_a_message_that_was_never_begun_has_none() -> None:
    told = deliveries([port(), found(MX1), session(*HELLO, *accepted("one"))])
    assert len(diagnose_messages(told, ("one",))) == 1
    assert diagnose_messages(told, ("one", "two"))[1].happened is False


# -- one verdict of several ----------------------------------------------------------------------------------------


def verdict(ending: Ending, sentence: str = "so", **voices: str) -> Verdict:
    return Verdict(ending=ending, sentence=sentence, **voices)


def test_the_worst_message_decides_and_is_named() -> None:
    said_of = combine(
        [verdict(Ending.PASSED), verdict(Ending.UNSAFE, "lost", happened="nothing"), verdict(Ending.HUNG)]
    )
    assert (said_of.ending, said_of.sentence) == (Ending.HUNG, "message 3: so")
    tolerated = combine([verdict(Ending.TOLERATED, "a reason"), verdict(Ending.PASSED)])
    assert (tolerated.ending, tolerated.sentence) == (Ending.TOLERATED, "message 1: a reason")


def test_where_all_passed_each_is_told_and_likes_are_told_once() -> None:
    both = combine([verdict(Ending.PASSED, said="a", happened="b"), verdict(Ending.PASSED, said="a", happened="c")])
    assert (both.said, both.happened, both.sentence) == ("a", "1: b; 2: c", "so")


def test_one_message_and_what_is_declared_stay_as_they_are() -> None:
    for alone in (verdict(Ending.MISCLASSIFIED, "wrong"), verdict(Ending.UNSUPPORTED, "no legs")):
        assert combine([alone]) == alone
    assert combine([verdict(Ending.PASSED), verdict(Ending.UNSUPPORTED, "no legs")]).sentence == "no legs"
