"""Each rule of the verdict: three voices, written by hand."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailfault.codes.code_maps import all_code_maps, find_code_map
from mailfault.codes.failure import Failure
from mailfault.contract import (
    Answer,
    Answered,
    Crashed,
    Declined,
    DeliveryResult,
    Hung,
    Outcome,
    Server,
    TlsPolicy,
)
from mailfault.diagnosis.diagnosis import Acceptance, Diagnosis, Grade
from mailfault.events import Ending
from mailfault.judging.judge import judge
from mailfault.judging.verdict import Verdict, worst
from mailfault.scenario.model import Connector, Expect, Host, Scenario, Tolerated
from mailfault_servers.smtp.reply import SmtpReply

MX1, ADDRESS, USER, OTHER = "mx1.dest.example", "127.0.0.10", "user@dest.example", "other@dest.example"
MICROSOFT, RFC = find_code_map("microsoft-365"), find_code_map("rfc3463")
WORDS = "550 5.1.1 No such user"


def story(
    expect: Expect, *, tls: str = "opportunistic", recipients: tuple[str, ...] = (USER,), crl: bool = False
) -> Scenario:
    return Scenario(
        id="a/story",
        title="A story",
        why="Because it is what this test needs.",
        refs=("the test",),
        connector=Connector(tls=TlsPolicy(tls), recipients=recipients, crl=crl),
        host=(Host(name=MX1),),
        expect=expect,
    )


def expects(failure: str | None, action: str = "defer", **more: Any) -> Expect:
    return Expect(failure=Failure(failure) if failure else None, action=action, **more)


def seen(failure: str | None, **more: Any) -> Diagnosis:
    base = Diagnosis(
        failure=Failure(failure) if failure else None,
        delivered=failure is None,
        happened=True,
        grade=Grade.WITNESSED,
        sentence="it happened",
        server=MX1,
        address=ADDRESS,
    )
    if failure is None and "acceptances" not in more:
        more["acceptances"] = (accepted(),)
    return replace(base, **more)


def accepted(*who: str, **more: Any) -> Acceptance:
    values: dict[str, Any] = {"recipients": who or (USER,), "server": MX1, "encrypted": False, "confirmed": True}
    return Acceptance(**(values | more))


def says(outcome: str = "deferred", failure: str | None = None, **more: Any) -> Answered:
    return Answered(Answer(outcome=Outcome(outcome), failure=Failure(failure) if failure else None, **more))


def verdict(scenario: Scenario, diagnosis: Diagnosis, ended: DeliveryResult, code_map: Any = MICROSOFT) -> Verdict:
    return judge(scenario=scenario, diagnosis=diagnosis, ended=ended, code_map=code_map)


REFUSED, REFUSED_SEEN = story(expects("connection-refused")), seen("connection-refused")


@pytest.mark.parametrize(
    ("said", "ending"),
    [
        (says(code="4.4.316"), "passed"),
        (says(failure="connection-refused"), "passed"),
        (says(reply="450 4.4.316 Connection refused"), "passed"),
        (says(text="could not send: 4.4.316"), "passed"),
        (says(code="4.4.316", failure="connection-refused", server=Server(name=MX1, address=ADDRESS)), "passed"),
        (says(code="4.4.315"), "misclassified"),
        (says(failure="connection-timed-out"), "misclassified"),
        (says(code="4.4.315", failure="connection-refused"), "misclassified"),
        (says(code="4.4.0"), "misclassified"),
        (says(text="something went wrong"), "misclassified"),
        (says(reply="550 4.4.316 Connection refused"), "misclassified"),
        (says("failed", code="4.4.316"), "misclassified"),
        (says(code="4.4.316", server=Server(name="mx9.dest.example")), "misclassified"),
        (says(code="4.4.316", server=Server(address="127.0.0.99")), "misclassified"),
        (says("delivered"), "unsafe"),
        (Crashed("KeyError"), "crashed"),
        (Hung(8.0), "hung"),
        (Declined("it knows no MX"), "unsupported"),
    ],
)
def test_answers_to_a_refused_connection(said: DeliveryResult, ending: str) -> None:
    found = verdict(REFUSED, REFUSED_SEEN, said)
    assert found.ending == ending, found.sentence
    assert found.sentence
    assert found.expected == "450 4.4.316 connection-refused"


def test_a_code_means_the_failures_of_its_code_map() -> None:
    timed_out = story(expects("connection-timed-out"))
    for scenario, diagnosis in ((REFUSED, REFUSED_SEEN), (timed_out, seen("connection-timed-out"))):
        assert verdict(scenario, diagnosis, says(code="4.4.1"), RFC).ending is Ending.PASSED
        assert verdict(scenario, diagnosis, says(code="4.4.2"), RFC).ending is Ending.MISCLASSIFIED
        assert verdict(scenario, diagnosis, says(code="4.4.1"), MICROSOFT).ending is Ending.MISCLASSIFIED


@pytest.mark.parametrize(
    "diagnosis",
    [
        seen("connection-timed-out"),
        seen(None),
        seen(None, delivered=False, happened=False, acceptances=()),
    ],
)
def test_a_fault_that_was_not_met_is_never_passed(diagnosis: Diagnosis) -> None:
    ended = says("delivered") if diagnosis.delivered else says(code="4.4.316")
    assert verdict(REFUSED, diagnosis, ended).ending is Ending.NOT_REACHED


def test_it_must_be_the_expected_host_and_reply() -> None:
    scenario = story(expects("connection-refused", server="mx2.dest.example"))
    assert verdict(scenario, REFUSED_SEEN, says(code="4.4.316")).ending is Ending.NOT_REACHED
    scenario = story(expects("remote-reply", "fail", reply="550 5.7.1 Other words"))
    diagnosis = seen("remote-reply", reply=SmtpReply.parse(WORDS))
    assert verdict(scenario, diagnosis, says("failed", reply=WORDS)).ending is Ending.NOT_REACHED


HOST = Server(name=MX1, address=ADDRESS)


@pytest.mark.parametrize(
    ("said", "ending"),
    [
        (says("failed", reply=WORDS, server=HOST), "passed"),
        (says("failed", failure="remote-reply", code="5.1.1", reply=WORDS, server=HOST), "passed"),
        (says("failed", code="5.1.1", text=f"host said: {WORDS} (in reply to RCPT)", server=HOST), "passed"),
        (says("failed", reply="550 5.1.1 Delivery failed", server=HOST), "misclassified"),
        (says("failed", reply="550 No such user", server=HOST), "misclassified"),
        (says("failed", reply="554 5.1.1 No such user", server=HOST), "misclassified"),
        (says("failed", code="5.4.300", reply=WORDS, server=HOST), "misclassified"),
        (says("failed", failure="cannot-connect", reply=WORDS, server=HOST), "misclassified"),
        (says("failed", reply=WORDS), "misclassified"),
        (says("failed", reply=WORDS, server=Server(name=MX1)), "misclassified"),
        (says("failed", reply=WORDS, said_by="exception"), "passed"),
        (says("deferred", reply=WORDS, server=HOST), "misclassified"),
    ],
)
def test_a_remote_reply_is_passed_on_whole(said: DeliveryResult, ending: str) -> None:
    scenario = story(expects("remote-reply", "fail", reply=WORDS))
    found = verdict(scenario, seen("remote-reply", reply=SmtpReply.parse(WORDS)), said)
    assert found.ending == ending, found.sentence


def test_a_reply_in_the_greeting_may_be_quoted() -> None:
    scenario = story(expects("cannot-connect"))
    diagnosis = seen("cannot-connect", reply=SmtpReply.parse("554 5.7.1 Go away"))
    said = says(failure="cannot-connect", reply="554 5.7.1 Go away")
    assert verdict(scenario, diagnosis, said).ending is Ending.PASSED


# -- safety ---------------------------------------------------------------------------------------------------------

DELIVER = expects(None, "deliver")
LOST_REPLY = seen("connection-closed", may_be_delivered=True, acceptances=(accepted(confirmed=False),))


@pytest.mark.parametrize(
    ("scenario", "diagnosis", "said", "words"),
    [
        (story(DELIVER), seen(None, acceptances=()), says("delivered"), "lost"),
        (story(DELIVER), seen(None, acceptances=(accepted(), accepted())), says("delivered"), "again after"),
        (story(DELIVER), seen(None), says("deferred", code="4.4.318"), "send it again"),
        (story(DELIVER, tls="required"), seen(None, clear_mail=(MX1,)), says("delivered"), "in clear"),
        (story(DELIVER, tls="verified"), seen(None, clear_mail=(MX1,)), says("delivered"), "in clear"),
        (
            story(DELIVER, tls="verified"),
            seen(None, acceptances=(accepted(encrypted=True, certificate_problems=("expired",)),)),
            says("delivered"),
            "expired",
        ),
        (
            story(DELIVER, tls="verified", crl=True),
            seen(None, acceptances=(accepted(encrypted=True, certificate_problems=("revoked",)),)),
            says("delivered"),
            "revoked",
        ),
        (
            story(DELIVER, recipients=(USER, OTHER)),
            seen(None, acceptances=(accepted(USER),)),
            says("delivered"),
            OTHER,
        ),
        (
            story(expects("connection-closed")),
            replace(LOST_REPLY, acceptances=(accepted(confirmed=False),) * 3),
            says(failure="connection-closed"),
            "3 times",
        ),
    ],
)
def test_harm_outranks_the_code(scenario: Scenario, diagnosis: Diagnosis, said: DeliveryResult, words: str) -> None:
    found = verdict(scenario, diagnosis, said)
    assert found.ending is Ending.UNSAFE, found
    assert words in found.sentence


@pytest.mark.parametrize(
    ("scenario", "diagnosis", "said"),
    [
        (story(DELIVER, tls="opportunistic"), seen(None, clear_mail=(MX1,)), says("delivered")),
        (
            story(DELIVER, tls="required"),
            seen(None, acceptances=(accepted(encrypted=True, certificate_problems=("expired",)),)),
            says("delivered"),
        ),
        (
            story(DELIVER, tls="verified"),
            seen(None, acceptances=(accepted(encrypted=True, certificate_problems=("revoked",)),)),
            says("delivered"),
        ),
        (
            story(DELIVER),
            seen(None, acceptances=(accepted(confirmed=False), accepted())),
            says("delivered"),
        ),
        (story(expects("connection-closed")), LOST_REPLY, says(failure="connection-closed")),
    ],
)
def test_a_harmless_answer_passes(scenario: Scenario, diagnosis: Diagnosis, said: DeliveryResult) -> None:
    found = verdict(scenario, diagnosis, said)
    assert found.ending is Ending.PASSED, found


@pytest.mark.parametrize("outcome", ["failed", "delivered"])
def test_after_a_lost_reply_neither_bouncing_nor_delivered_is_right(outcome: str) -> None:
    more = {"failure": "connection-closed"} if outcome == "failed" else {}
    found = verdict(story(expects("connection-closed")), LOST_REPLY, says(outcome, **more))
    assert found.ending is Ending.MISCLASSIFIED, found


def test_mail_in_a_strangers_hands_is_harm() -> None:
    dead = story(expects("dns-query-failed"))
    found = Host(name="intranet.corp.example", mx=False, stranger=True)
    led_astray = dead.model_copy(update={"host": (*dead.host, found)})
    given = seen(None, server=found.name, acceptances=(accepted(USER, server=found.name),))
    misdelivered = verdict(led_astray, given, says("delivered"))
    assert misdelivered.ending is Ending.UNSAFE
    assert "intranet.corp.example, which has nothing to do with it" in misdelivered.sentence
    to_the_right_one = seen(None, acceptances=(accepted(USER),))
    assert verdict(led_astray, to_the_right_one, says("delivered")).ending is Ending.NOT_REACHED


# -- tolerance and recipients ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("other", "said", "ending"),
    [
        ({"failure": "cannot-connect"}, says(failure="cannot-connect"), "tolerated"),
        ({"failure": "cannot-connect"}, says(code="4.4.317"), "tolerated"),
        ({"failure": "cannot-connect"}, says("failed", failure="cannot-connect"), "misclassified"),
        ({"action": "fail"}, says("failed", code="4.4.318"), "tolerated"),
        ({"action": "fail"}, says("failed", code="4.4.316"), "misclassified"),
        ({"code": "4.4.7"}, says(code="4.4.7"), "tolerated"),
        ({"code": "5.4.7", "action": "fail"}, says("failed", code="5.4.7"), "tolerated"),
        ({"code": "4.4.7"}, says(code="4.4.8"), "misclassified"),
        ({"failure": "cannot-connect"}, says(code="4.4.318"), "passed"),
        ({"failure": "cannot-connect", "text": "no route"}, says(code="4.4.317", text="No route to it"), "tolerated"),
        ({"failure": "cannot-connect", "text": "no route"}, says(code="4.4.317", text="refused"), "misclassified"),
        ({"failure": "cannot-connect", "text": "no route"}, says(code="4.4.317"), "misclassified"),
    ],
)
def test_another_answer_may_be_tolerated(other: dict[str, Any], said: DeliveryResult, ending: str) -> None:
    because = "for a reason that is told"
    scenario = story(expects("connection-closed", tolerated=(Tolerated(because=because, **other),)))
    found = verdict(scenario, seen("connection-closed"), said)
    assert found.ending == ending, found
    assert (found.sentence == because) is (ending == "tolerated")


MAY_DELIVER = expects(
    "cannot-connect", tolerated=(Tolerated(action="deliver", because="skipping the line does no harm"),)
)
MAY_REFUSE = expects(
    None, "deliver", tolerated=(Tolerated(failure=Failure.DNS_QUERY_FAILED, action="defer", because="it is forbidden"),)
)


@pytest.mark.parametrize(
    ("expect", "happened", "said", "ending"),
    [
        (MAY_DELIVER, seen("cannot-connect"), says(code="4.4.317"), "passed"),
        (MAY_DELIVER, seen(None), says("delivered"), "tolerated"),
        (MAY_DELIVER, seen(None), says(code="4.4.317"), "unsafe"),
        (MAY_DELIVER, seen("cannot-connect"), says("delivered"), "unsafe"),
        (expects("cannot-connect"), seen(None), says("delivered"), "not-reached"),
        (MAY_REFUSE, seen(None), says("delivered"), "passed"),
        (MAY_REFUSE, seen("dns-query-failed"), says(code="4.4.312"), "tolerated"),
        (
            MAY_REFUSE,
            replace(seen("dns-query-failed"), failure=None, happened=False),
            says(code="4.4.312"),
            "not-reached",
        ),
        (MAY_REFUSE, seen("dns-query-failed"), says(code="4.4.316"), "misclassified"),
        (MAY_REFUSE, seen("connection-refused"), says(code="4.4.316"), "not-reached"),
        (expects(None, "deliver"), seen("dns-query-failed"), says(code="4.4.312"), "misclassified"),
        (
            expects(None, "deliver"),
            replace(seen("dns-query-failed"), failure=None, happened=False),
            says(code="4.4.312"),
            "misclassified",
        ),
        (
            expects(None, "deliver"),
            replace(seen("dns-query-failed"), failure=None, happened=False, server=None),
            says(code="4.4.312"),
            "not-reached",
        ),
    ],
)
def test_a_client_may_take_a_tolerated_course(
    expect: Expect, happened: Diagnosis, said: DeliveryResult, ending: str
) -> None:
    found = verdict(story(expect), happened, said)
    assert found.ending == ending, found.sentence


@pytest.mark.parametrize(("brought", "ending"), [(True, "passed"), (False, "unsafe")])
def test_a_recipient_delivered_in_a_separate_session_did_not_fail(brought: bool, ending: str) -> None:
    both = story(expects("remote-reply", reply="421 4.3.2 Bye"), recipients=(USER, OTHER))
    reply = SmtpReply.parse("421 4.3.2 Bye")
    its = seen("remote-reply", reply=reply, acceptances=(accepted(USER),) if brought else ())
    its = replace(its, recipients={USER: seen(None), OTHER: replace(its, recipients={})} if brought else {})
    own = says(reply="421 4.3.2 Bye", server=HOST).answer
    told = replace(own, recipients={USER: Answer(outcome=Outcome.DELIVERED), OTHER: own})
    found = verdict(both, its, Answered(told))
    assert found.ending == ending, found


def test_each_recipient_is_judged_by_itself() -> None:
    refusal = expects("remote-reply", "fail", reply=WORDS)
    scenario = story(
        refusal.model_copy(update={"recipients": {USER: DELIVER, OTHER: refusal}}), recipients=(USER, OTHER)
    )
    refused = seen("remote-reply", reply=SmtpReply.parse(WORDS))
    diagnosis = replace(refused, recipients={USER: seen(None), OTHER: refused}, acceptances=(accepted(USER),))
    passed_on = Answer(outcome=Outcome.FAILED, reply=WORDS, server=HOST)
    taken = Answer(outcome=Outcome.DELIVERED)
    right = replace(passed_on, recipients={USER: taken, OTHER: passed_on})
    assert verdict(scenario, diagnosis, Answered(right)).ending is Ending.PASSED
    assert verdict(scenario, diagnosis, Answered(passed_on)).ending is Ending.MISCLASSIFIED
    assert verdict(scenario, diagnosis, Answered(taken)).ending is Ending.UNSAFE


# -- properties ----------------------------------------------------------------------------------------------------

failures = st.none() | st.sampled_from(list(Failure))
replies = st.none() | st.sampled_from([WORDS, "451 4.3.0 later", "421 bye", "250 OK"]).map(SmtpReply.parse)
acceptances = st.lists(
    st.builds(
        Acceptance,
        recipients=st.sampled_from([(USER,), (OTHER,), (USER, OTHER)]),
        server=st.just(MX1),
        encrypted=st.booleans(),
        confirmed=st.booleans(),
        certificate_problems=st.sampled_from([(), ("expired",), ("revoked",)]),
    ),
    max_size=3,
).map(tuple)
diagnoses = st.builds(
    Diagnosis,
    failure=failures,
    delivered=st.booleans(),
    happened=st.booleans(),
    grade=st.sampled_from(list(Grade)),
    sentence=st.just("something"),
    server=st.none() | st.just(MX1),
    address=st.none() | st.just(ADDRESS),
    reply=replies,
    may_be_delivered=st.booleans(),
    acceptances=acceptances,
    clear_mail=st.sampled_from([(), (MX1,)]),
)
answers = st.builds(
    Answer,
    outcome=st.sampled_from(list(Outcome)),
    code=st.none() | st.sampled_from(["4.4.316", "4.4.1", "5.1.1", "4.4.0"]),
    failure=failures,
    reply=st.none() | st.sampled_from([WORDS, "450 4.4.316 Connection refused", "nonsense", ""]),
    text=st.none() | st.text(max_size=20),
    server=st.none() | st.builds(Server, name=st.none() | st.just(MX1), address=st.none() | st.just(ADDRESS)),
)
expectations = st.one_of(
    st.just(DELIVER),
    st.sampled_from([failure for failure in Failure if failure is not Failure.REMOTE_REPLY]).map(
        lambda failure: expects(str(failure))
    ),
    st.just(expects("remote-reply", "fail", reply=WORDS)),
)


@given(
    expect=expectations,
    diagnosis=diagnoses,
    answer=answers,
    tls=st.sampled_from([str(policy) for policy in TlsPolicy]),
    code_map=st.sampled_from(all_code_maps()),
)
def test_nothing_passes_whose_fault_was_not_met(
    expect: Expect, diagnosis: Diagnosis, answer: Answer, tls: str, code_map: Any
) -> None:
    found = verdict(story(expect, tls=tls), diagnosis, Answered(answer), code_map)
    if found.ending in (Ending.PASSED, Ending.TOLERATED):
        assert diagnosis.happened
        assert diagnosis.delivered == (expect.failure is None)
        assert expect.failure is None or diagnosis.failure is expect.failure
        assert not (tls in ("required", "verified") and diagnosis.clear_mail)


@pytest.mark.parametrize("untriggered", [(), ("smtp.keyword-missing",)])
@pytest.mark.parametrize(
    ("expect", "words"),
    [
        (DELIVER, "the client did not deliver, and it could have: it happened"),
        (expects("message-not-transferable", "fail"), "the client came no further: it happened"),
    ],
)
def test_a_client_that_was_punished_is_told_why(expect: Expect, words: str, untriggered: tuple[str, ...]) -> None:
    punished = seen("remote-reply", reply=SmtpReply.parse("554 5.5.0 Wait"), is_punished=True)
    said = says("failed", "remote-reply", reply="554 5.5.0 Wait", server=HOST).answer
    found = judge(
        scenario=story(expect), diagnosis=punished, ended=Answered(said), code_map=MICROSOFT, untriggered=untriggered
    )
    assert (found.ending, found.sentence) == (Ending.MISCLASSIFIED, words)


def test_the_worst_counts() -> None:
    verdicts = [Verdict(ending=ending, sentence=str(ending)) for ending in Ending]
    assert [verdict.ending.rank for verdict in verdicts] == list(range(len(Ending)))
    assert worst(verdicts).ending is Ending.BROKEN
    assert worst(verdicts[:3]).ending is Ending.UNSUPPORTED
    assert [ending for ending in Ending if not ending.is_shortfall] == ["passed", "tolerated", "unsupported"]
