"""Journals of several deliveries: each is diagnosed by itself, with what it owes to those before it."""

import pytest

from mailfault.codes.failure import Failure
from mailfault.diagnosis.deliveries import diagnose_messages
from mailfault.diagnosis.diagnose import diagnose
from mailfault.diagnosis.evidence import Evidence
from mailfault_servers.facts import Fact
from tests.support import journals as j

WELL = [j.port(), j.lookups(j.MX1), j.session(*j.HELLO, *j.transaction())]


def test_a_kept_connection_was_greeted_in_an_earlier_delivery() -> None:
    entries = j.deliveries(WELL, [j.kept(*j.RSET, *j.mail(), *j.rcpt(j.USER, "550 5.1.1 No"))])
    first, second = diagnose(entries, 1), diagnose(entries, 2)
    assert (first.delivered, second.delivered) == (True, False)
    assert (second.failure, str(second.reply), second.address) == (Failure.REMOTE_REPLY, "550 5.1.1 No", "127.0.0.10")
    assert [len(diagnosis.acceptances) for diagnosis in (first, second)] == [1, 0]


def test_a_kept_connection_stays_encrypted_under_its_certificate() -> None:
    hello = (*j.HELLO, *j.starttls("expired"), j.tls_established())
    entries = j.deliveries(
        [j.port(), j.lookups(j.MX1), j.session(*hello, *j.transaction(encrypted=True))],
        [j.kept(*j.transaction(encrypted=True))],
    )
    (acceptance,) = diagnose(entries, 2).acceptances
    assert (acceptance.encrypted, acceptance.certificate_problems) == (True, ("expired",))
    assert diagnose(entries, 2).clear_mail == ()


def test_the_end_of_a_kept_connection_hides_no_new_one() -> None:
    gone = j.kept(j.reply("idle", "421 4.4.2 Idle"), j.server_end("idle"))
    entries = j.deliveries(WELL, [gone, j.session(*j.HELLO, *j.transaction(), *j.QUIT, number=2)])
    assert diagnose(entries, 2).delivered


@pytest.mark.parametrize(
    ("gone", "failure", "words"),
    [
        ((j.reply("idle", "421 4.4.2 Idle"), j.server_end("idle")), Failure.REMOTE_REPLY, "said 421 4.4.2 Idle"),
        ((j.server_end("idle"),), Failure.CONNECTION_CLOSED, "closed the connection after it had answered the message"),
        ((j.server_end("idle", "rst"),), Failure.CONNECTION_CLOSED, "reset the connection"),
        (
            (j.silence("idle"), j.command("rset", "RSET"), j.client_end("rset")),
            Failure.CONNECTION_CLOSED,
            "fell silent on the",
        ),
        ((j.silence("idle"), j.command("mail", "MAIL FROM:<a@c>")), Failure.CONNECTION_CLOSED, "fell silent on the"),
        ((*j.RSET[:1], j.reply("rset", "421 Bye"), j.server_end("rset")), Failure.CONNECTION_CLOSED, "RSET"),
    ],
)
def test_a_client_that_does_not_connect_anew(gone: tuple[Fact, ...], failure: Failure, words: str) -> None:
    second = diagnose(j.deliveries(WELL, [j.kept(*gone)]), 2)
    assert (second.failure, second.delivered, second.happened) == (failure, False, True)
    assert words in second.sentence


def test_a_port_that_is_shut_for_one_delivery() -> None:
    nobody = [j.port("refusing"), j.kept(j.server_end("idle")), j.lookups(j.MX1)]
    entries = j.deliveries(WELL, nobody, [j.port(), j.lookups(j.MX1), j.session(*j.HELLO, *j.transaction(), number=2)])
    assert [diagnose(entries, n).failure for n in (1, 2, 3)] == [None, Failure.CONNECTION_REFUSED, None]
    assert diagnose(entries, 3).delivered


def test_what_was_known_of_names_before_counts_where_nothing_was_asked() -> None:
    entries = j.deliveries(WELL, [j.port("unresponsive")])
    assert diagnose(entries, 2).failure is Failure.CONNECTION_TIMED_OUT


def test_an_earlier_failure_of_the_look_up_is_over() -> None:
    entries = j.deliveries([j.port(), j.unanswered_lookup("dest.example", "MX")], WELL[1:])
    assert [diagnose(entries, n).failure for n in (1, 2)] == [Failure.DNS_QUERY_FAILED, None]
    assert diagnose(entries, 2).delivered


def test_a_reply_that_comes_too_late_confirms_nothing_and_refuses_nothing() -> None:
    first = [
        j.port(),
        j.lookups(j.MX1),
        j.session(*j.HELLO, *j.mail(), *j.rcpt(), *j.data(), *j.accepted(), j.silence("end-of-data")),
    ]
    for late in ("250 taken", "554 5.7.1 No"):
        entries = j.deliveries(first, [j.kept(j.reply("end-of-data", late), *j.transaction())])
        assert diagnose(entries, 1).may_be_delivered
        assert [acceptance.confirmed for acceptance in diagnose(entries, 1).acceptances] == [False]
        assert diagnose(entries, 2).delivered


def test_all_deliveries_at_once_are_told_as_before() -> None:
    entries = j.deliveries(WELL, [j.kept(*j.RSET, *j.transaction())])
    assert len(Evidence.of(entries).connections) == 2
    assert [len(Evidence.of(entries, n).connections) for n in (1, 2, 3)] == [1, 1, 0]
    assert len(diagnose(entries).acceptances) == 2


# -- whose message it was ------------------------------------------------------------------------------------------


def test_each_message_has_its_own_copies() -> None:
    entries = j.deliveries(
        [j.port(), j.lookups(j.MX1), j.session(*j.HELLO, *j.transaction(digest="one"))],
        [j.kept(*j.transaction(digest="two"))],
    )
    first, second = diagnose_messages(entries, ("one", "two"))
    assert [acceptance.digest for acceptance in (*first.acceptances, *second.acceptances)] == ["one", "two"]
    assert first.delivered
    assert second.delivered


def test_a_message_in_the_place_of_another_is_a_second_copy_of_it() -> None:
    entries = j.deliveries(
        [j.port(), j.lookups(j.MX1), j.session(*j.HELLO, *j.transaction(digest="one"))],
        [j.kept(*j.transaction(digest="one"))],
    )
    first, second = diagnose_messages(entries, ("one", "two"))
    assert [acceptance.digest for acceptance in first.acceptances] == ["one", "one"]
    assert (second.acceptances, second.delivered, second.happened) == ((), False, False)
    assert "another message in the place of this one" in second.sentence


def test_a_client_that_changes_its_messages_is_taken_at_its_deliveries() -> None:
    entries = j.deliveries(
        [j.port(), j.lookups(j.MX1), j.session(*j.HELLO, *j.transaction(digest="x"))],
        [j.kept(*j.transaction(digest="y"))],
    )
    first, second = diagnose_messages(entries, ("one", "two"))
    assert [acceptance.digest for acceptance in first.acceptances] == ["x"]
    assert [acceptance.digest for acceptance in second.acceptances] == ["y"]


def test_a_message_that_was_never_begun_has_none() -> None:
    entries = j.deliveries([j.port(), j.lookups(j.MX1), j.session(*j.HELLO, *j.transaction(digest="one"))])
    assert len(diagnose_messages(entries, ("one",))) == 1
    assert diagnose_messages(entries, ("one", "two"))[1].happened is False
