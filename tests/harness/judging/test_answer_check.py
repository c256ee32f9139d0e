"""Answers and their verdicts: codes, words, hosts, tolerance, recipients, and harm in any spelling."""

from dataclasses import replace
from typing import Any

import pytest

from mailfault.codes.code_map import CodeMap
from mailfault.codes.code_maps import find_code_map
from mailfault.codes.failure import Failure
from mailfault.contract import Answer, Answered, Crashed, Declined, DeliveryResult, Hung, Outcome, Server, TlsPolicy
from mailfault.diagnosis.diagnosis import Acceptance, Diagnosis, Grade
from mailfault.judging.judge import judge
from mailfault.judging.verdict import Verdict
from mailfault.scenario.model import Connector, Expect, Host, Scenario, Tolerated
from mailfault_servers.smtp.reply import SmtpReply

MX1, MX2, ADDRESS = "mx1.dest.example", "mx2.dest.example", "127.0.0.10"
USER, OTHER = "user@dest.example", "other@dest.example"
WORDS = "550 5.1.1 No such user"
HOST = Server(name=MX1, address=ADDRESS)
MICROSOFT, RFC = find_code_map("microsoft-365"), find_code_map("rfc3463")


def story(expect: Expect, *, tls: str = "opportunistic", recipients: tuple[str, ...] = (USER,)) -> Scenario:
    return Scenario(
        id="a/story",
        title="A story",
        why="Because it is what this test needs.",
        refs=("the test",),
        connector=Connector(tls=TlsPolicy(tls), recipients=recipients),
        host=(Host(name=MX1),),
        expect=expect,
    )


def expects(failure: str | None, action: str = "defer", **more: Any) -> Expect:
    return Expect.model_validate({"failure": failure, "action": action, **more})


DELIVER = expects(None, "deliver")
REFUSAL = expects("remote-reply", "fail", reply=WORDS)


def accepted(*who: str, **more: Any) -> Acceptance:
    values: dict[str, Any] = {"recipients": who or (USER,), "server": MX1, "encrypted": False, "confirmed": True}
    return Acceptance(**(values | more))


def seen(failure: str | None, **more: Any) -> Diagnosis:
    base = Diagnosis(
        failure=Failure(failure) if failure else None,
        delivered=failure is None,
        happened=True,
        grade=Grade.WITNESSED,
        sentence="it happened",
        server=MX1,
        address=ADDRESS,
        acceptances=(accepted(),) if failure is None else (),
    )
    return replace(base, **more)


def answer(outcome: str = "deferred", failure: str | None = None, **more: Any) -> Answer:
    return Answer(outcome=Outcome(outcome), failure=Failure(failure) if failure else None, **more)


def said(outcome: str = "deferred", failure: str | None = None, **more: Any) -> Answered:
    return Answered(answer(outcome, failure, **more))


def verdict(
    expect: Expect, diagnosis: Diagnosis, ended: DeliveryResult, code_map: CodeMap = MICROSOFT, **more: Any
) -> Verdict:
    return judge(scenario=story(expect, **more), diagnosis=diagnosis, ended=ended, code_map=code_map)


def remote(words: str) -> tuple[Expect, Diagnosis]:
    reply = SmtpReply.parse(words)
    return expects("remote-reply", "fail", reply=str(reply)), seen("remote-reply", reply=reply)


# -- every failure, both code maps ------------------------------------------------------------------------------------

OWN = [failure for failure in Failure if failure is not Failure.REMOTE_REPLY]


@pytest.mark.parametrize("code_map", [MICROSOFT, RFC], ids=lambda code_map: code_map.name)
@pytest.mark.parametrize("failure", OWN)
def test_a_code_maps_own_status_passes_in_every_form(failure: Failure, code_map: CodeMap) -> None:
    row = code_map.row(failure)
    action, outcome = ("fail", "failed") if row.status.startswith("5") else ("defer", "deferred")
    expect, diagnosis = expects(failure, action), seen(failure)
    forms = [
        said(outcome, failure),
        said(outcome, code=row.code),
        said(outcome, reply=row.status),
        said(outcome, text=f"it failed ({row.code})."),
        said(outcome, failure, code=row.code, reply=row.status, text="words", server=HOST),
    ]
    for form in forms:
        found = verdict(expect, diagnosis, form, code_map)
        assert found.ending == "passed", (form, found.sentence)
        assert verdict(expect, replace(diagnosis, happened=False), form, code_map).ending == "not-reached"


@pytest.mark.parametrize("failure", OWN)
@pytest.mark.parametrize("other", OWN)
def test_no_failure_passes_for_another(failure: Failure, other: Failure) -> None:
    action = "fail" if failure is Failure.NO_MAIL_SERVICE else "defer"
    outcome = "failed" if action == "fail" else "deferred"
    found = verdict(expects(failure, action), seen(failure), said(outcome, other))
    assert (found.ending == "passed") is (failure is other)
    assert verdict(expects(failure, action), seen(other), said(outcome, other)).ending == (
        "passed" if failure is other else "not-reached"
    )


# -- what stands in the answer ---------------------------------------------------------------------------------------

REFUSED = expects("connection-refused"), seen("connection-refused")
NO_SERVICE = expects("no-mail-service", "fail"), seen("no-mail-service", server=None, address=None)
GREETING = expects("cannot-connect"), seen("cannot-connect", reply=SmtpReply.parse("554 5.7.1 Go away"))
WELL = DELIVER, seen(None)

SAID: dict[str, tuple[tuple[Expect, Diagnosis], DeliveryResult, str]] = {
    "a code at the end of a sentence": (REFUSED, said(text="Not delivered: 4.4.316."), "passed"),
    "a code like qmail's": (REFUSED, said(text="Sorry (#4.4.316)"), "passed"),
    "an address is no code": (REFUSED, said(text="no connection to 4.4.316.1"), "misclassified"),
    "a status line that contradicts the failure": (
        REFUSED, said(failure="connection-refused", reply="450 4.4.315 Connection timed out"), "misclassified",
    ),
    "a status line that contradicts the code": (
        REFUSED, said(code="4.4.316", reply="450 4.4.315 Connection timed out"), "misclassified",
    ),
    "a status line whose code means nothing": (REFUSED, said(code="4.4.316", reply="450 4.4.0 Sorry"), "passed"),
    "a 5xx line, deferred": (REFUSED, said(reply="550 4.4.316 refused"), "misclassified"),
    "a 4xx line, returned": (NO_SERVICE, said("failed", reply="450 5.1.10 null MX"), "misclassified"),
    "a 5xx line, returned": (NO_SERVICE, said("failed", reply="556 5.1.10 null MX"), "passed"),
    "a 5xx line, delivered": (WELL, said("delivered", reply="550 5.1.1 No such user"), "misclassified"),
    "a 250 line, delivered": (WELL, said("delivered", reply="250 2.0.0 Message accepted"), "passed"),
    "the remote's 5xx, kept in the queue": (
        GREETING, said(failure="cannot-connect", reply="554 5.7.1 Go away"), "passed",
    ),
    "the remote's 5xx with a code of our own": (GREETING, said(code="4.4.317", reply="554 5.7.1 Go away"), "passed"),
    "a greeting is no remote reply": (GREETING, said(failure="remote-reply", reply="554 5.7.1 Go away"), "misclassified"),
    "words alone": (REFUSED, said(text="connection refused"), "misclassified"),
    "delivered, returned": (WELL, said("failed", code="5.1.1"), "misclassified"),
    "delivered, kept": (WELL, said("deferred", code="4.4.318"), "unsafe"),
    "the host's name in capitals, with its dot": (
        REFUSED, said(code="4.4.316", server=Server(name="MX1.Dest.Example.")), "passed",
    ),
    "the address as SMTP writes it": (
        REFUSED, said(code="4.4.316", server=Server(address=f"[{ADDRESS}]")), "passed",
    ),
    "the address as a dual-stack socket writes it": (
        REFUSED, said(code="4.4.316", server=Server(address=f"::ffff:{ADDRESS}")), "passed",
    ),
    "another address": (REFUSED, said(code="4.4.316", server=Server(address="127.0.0.11")), "misclassified"),
    "no address at all": (REFUSED, said(code="4.4.316", server=Server(address="mx1")), "misclassified"),
    "crashed": (REFUSED, Crashed("KeyError"), "crashed"),
    "hung": (REFUSED, Hung(8.0), "hung"),
    "declined": (REFUSED, Declined("no"), "unsupported"),
}  # fmt: skip


@pytest.mark.parametrize(("pair", "ended", "ending"), SAID.values(), ids=SAID)
def test_the_form_of_an_answer(pair: tuple[Expect, Diagnosis], ended: DeliveryResult, ending: str) -> None:
    found = verdict(*pair, ended)
    assert found.ending == ending, found.sentence
    assert found.sentence


REMOTE: dict[str, tuple[str, dict[str, Any], str]] = {
    "the reply itself": (WORDS, {"reply": WORDS}, "passed"),
    "in the text": (WORDS, {"text": f"host said: {WORDS} (in reply to RCPT)"}, "passed"),
    "code and words apart": (WORDS, {"reply": "550 5.1.1", "text": "host said: No such user"}, "passed"),
    "another code that begins alike": (WORDS, {"reply": "550 5.1.10 No such user"}, "misclassified"),
    "another basic code within a number": (WORDS, {"reply": "5.1.1 No such user (error 15501)"}, "misclassified"),
    "several lines as they came": (
        "550-5.1.1 No such user here\n550 5.1.1 See the web page",
        {"reply": "550-5.1.1 No such user here\r\n550 5.1.1 See the web page"}, "passed",
    ),
    "several lines as they came, amid words": (
        "550-5.1.1 No such user here\n550 5.1.1 See the web page",
        {"text": "RCPT: 550-5.1.1 No such user here\n550 5.1.1 See the web page"}, "passed",
    ),
    "several lines joined": (
        "550-5.1.1 No such user here\n550 5.1.1 See the web page",
        {"reply": "550 5.1.1 No such user here See the web page"}, "passed",
    ),
    "several lines, the first alone": (
        "550-5.1.1 No such user here\n550 5.1.1 See the web page",
        {"reply": "550 5.1.1 No such user here"}, "misclassified",
    ),
    "blanks in the words": ("550 5.1.1 No  such\tuser", {"reply": "550 5.1.1 No such user"}, "passed"),
    "no enhanced code": ("550 No such user", {"reply": "550 No such user"}, "passed"),
    "no words": ("550 5.1.1", {"reply": "550 5.1.1"}, "passed"),
    "words that repeat the code": ("550 5.1.1 Error 550 here", {"reply": "550 5.1.1 Error 550 here"}, "passed"),
}  # fmt: skip


@pytest.mark.parametrize(("words", "more", "ending"), REMOTE.values(), ids=REMOTE)
def test_a_remote_reply_is_passed_on(words: str, more: dict[str, Any], ending: str) -> None:
    found = verdict(*remote(words), said("failed", server=HOST, **more))
    assert found.ending == ending, found.sentence


@pytest.mark.parametrize(
    ("more", "ending"),
    [
        ({"server": HOST}, "passed"),
        ({}, "misclassified"),
        ({"server": Server(name=MX1)}, "misclassified"),
        ({"server": Server(address=ADDRESS)}, "misclassified"),
        ({"said_by": "exception"}, "passed"),
        ({"said_by": "exception", "server": Server(address=ADDRESS)}, "passed"),
        ({"said_by": "exception", "server": Server(name=MX2)}, "misclassified"),
    ],
)
def test_the_host_that_answered_has_to_be_named(more: dict[str, Any], ending: str) -> None:
    assert (
        verdict(REFUSAL, seen("remote-reply", reply=SmtpReply.parse(WORDS)), said("failed", reply=WORDS, **more)).ending
        == ending
    )


def test_a_code_that_stands_for_both_passes_for_both_and_for_no_other() -> None:
    for failure in ("connection-refused", "connection-timed-out"):
        assert verdict(expects(failure), seen(failure), said(code="4.4.1"), RFC).ending == "passed"
        both = said(failure="connection-refused", code="4.4.1")
        expected = "passed" if failure == "connection-refused" else "misclassified"
        assert verdict(expects(failure), seen(failure), both, RFC).ending == expected
    assert (
        verdict(expects("connection-closed"), seen("connection-closed"), said(code="4.4.1"), RFC).ending
        == "misclassified"
    )


# -- not reached -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("expect", "diagnosis"),
    [
        (expects("connection-refused"), seen(None)),
        (DELIVER, seen("connection-refused")),
        (expects("connection-refused", server=MX2), seen("connection-refused")),
        (expects(None, "deliver", server=MX2), seen(None)),
        (REFUSAL, seen("remote-reply", reply=SmtpReply.parse("550 5.1.2 No such user"))),
        (REFUSAL, seen("remote-reply", reply=SmtpReply.parse("551 5.1.1 No such user"))),
        (REFUSAL, seen("remote-reply", reply=SmtpReply.parse("550 5.1.1 Nobody"))),
        (REFUSAL, seen("remote-reply")),
        (expects("connection-refused"), seen("connection-refused", happened=False)),
    ],
)
def test_evidence_against_the_expectation_is_not_reached(expect: Expect, diagnosis: Diagnosis) -> None:
    outcome = {"deliver": "delivered", "defer": "deferred", "fail": "failed"}[expect.action]
    ended = said(outcome, expect.failure, reply=expect.reply, server=HOST)
    if expect.action == "deliver":
        diagnosis = replace(diagnosis, acceptances=(accepted(),))
    if diagnosis.delivered and outcome == "deferred":
        diagnosis = replace(diagnosis, acceptances=())
    found = verdict(expect, diagnosis, ended)
    assert found.ending == "not-reached", found.sentence
    assert "expected" in found.sentence


def test_blanks_in_the_words_do_not_part_expectation_and_evidence() -> None:
    diagnosis = seen("remote-reply", reply=SmtpReply.parse("550-5.1.1 No  such\n550 5.1.1 user "))
    assert verdict(REFUSAL, diagnosis, said("failed", reply=WORDS, server=HOST)).ending == "passed"


# -- tolerated -------------------------------------------------------------------------------------------------------

TOLERATED: dict[str, tuple[dict[str, Any], DeliveryResult, str]] = {
    "another failure": ({"failure": "cannot-connect"}, said(failure="cannot-connect"), "tolerated"),
    "another failure of another host": (
        {"failure": "cannot-connect"}, said(failure="cannot-connect", server=Server(name=MX2)), "misclassified",
    ),
    "another code": ({"code": "4.4.7"}, said(code="4.4.7"), "tolerated"),
    "another code of another host": ({"code": "4.4.7"}, said(code="4.4.7", server=Server(name=MX2)), "misclassified"),
    "another code for another failure": (
        {"code": "4.4.7"}, said(failure="dns-query-failed", code="4.4.7"), "misclassified",
    ),
    "another code for the right failure": ({"code": "4.4.7"}, said(failure="connection-closed", code="4.4.7"), "tolerated"),
    "both, both given": (
        {"code": "4.4.7", "failure": "cannot-connect"}, said(failure="cannot-connect", code="4.4.7"), "tolerated",
    ),
    "both, only the code given": ({"code": "4.4.7", "failure": "cannot-connect"}, said(code="4.4.7"), "tolerated"),
    "both, another code given": (
        {"code": "4.4.7", "failure": "cannot-connect"}, said(failure="cannot-connect", code="4.4.317"), "misclassified",
    ),
    "another action": ({"action": "fail"}, said("failed", failure="connection-closed"), "tolerated"),
    "another action, another failure": ({"action": "fail"}, said("failed", failure="cannot-connect"), "misclassified"),
    "another action with its line": ({"action": "fail"}, said("failed", reply="550 5.4.318 closed"), "tolerated"),
    "another action and failure": (
        {"action": "fail", "failure": "cannot-connect"}, said("failed", failure="cannot-connect"), "tolerated",
    ),
    "a failure, not its action": ({"failure": "cannot-connect"}, said("failed", failure="cannot-connect"), "misclassified"),
    "a failure that the line contradicts": (
        {"failure": "cannot-connect"}, said(failure="cannot-connect", reply="550 5.4.317 Cannot connect"), "misclassified",
    ),
    "what is right needs no tolerance": ({"failure": "cannot-connect"}, said(failure="connection-closed"), "passed"),
}  # fmt: skip


@pytest.mark.parametrize(("other", "ended", "ending"), TOLERATED.values(), ids=TOLERATED)
def test_tolerance_goes_as_far_as_it_says(other: dict[str, Any], ended: DeliveryResult, ending: str) -> None:
    because = "for a reason that is told"
    expect = expects("connection-closed", tolerated=(Tolerated(because=because, **other),))
    found = verdict(expect, seen("connection-closed"), ended)
    assert found.ending == ending, found.sentence
    assert (found.sentence == because) is (ending == "tolerated")


def test_tolerance_reaches_no_harm_and_nothing_that_was_not_met() -> None:
    other = Tolerated(failure=Failure.CANNOT_CONNECT, because="for a reason that is told")
    expect = expects("connection-closed", tolerated=(other,))
    said_so = said(failure="cannot-connect")
    assert verdict(expect, seen("cannot-connect"), said_so).ending == "not-reached"
    in_clear = seen("connection-closed", clear_mail=(MX1,))
    assert verdict(expect, in_clear, said_so, tls="required").ending == "unsafe"


# -- recipients ------------------------------------------------------------------------------------------------------

PAIR = (USER, OTHER)
REPLY = seen("remote-reply", reply=SmtpReply.parse(WORDS))
SPLIT = REFUSAL.model_copy(update={"recipients": {USER: DELIVER, OTHER: REFUSAL}})
SPLIT_SEEN = replace(REPLY, recipients={USER: seen(None), OTHER: REPLY}, acceptances=(accepted(USER),))
RETURNED = answer("failed", reply=WORDS, server=HOST)
TAKEN = answer("delivered")


@pytest.mark.parametrize(
    ("recipients", "ending"),
    [
        ({USER: TAKEN, OTHER: RETURNED}, "passed"),
        ({USER: TAKEN}, "passed"),
        ({USER.upper(): TAKEN, OTHER.upper(): RETURNED}, "passed"),
        ({USER: RETURNED, OTHER: RETURNED}, "misclassified"),
        ({USER: TAKEN, OTHER: replace(RETURNED, outcome=Outcome.DEFERRED)}, "misclassified"),
        ({USER: TAKEN, OTHER: replace(RETURNED, reply="550 5.1.1 Sorry")}, "misclassified"),
        ({USER: replace(RETURNED, outcome=Outcome.DEFERRED), OTHER: RETURNED}, "unsafe"),
        ({USER: TAKEN, OTHER: TAKEN}, "unsafe"),
        ({}, "misclassified"),
    ],
)
def test_each_recipient_by_itself(recipients: dict[str, Answer], ending: str) -> None:
    found = verdict(SPLIT, SPLIT_SEEN, Answered(replace(RETURNED, recipients=recipients)), recipients=PAIR)
    assert found.ending == ending, found.sentence


@pytest.mark.parametrize(
    ("expect", "diagnosis", "whole", "own", "ending"),
    [
        (DELIVER, seen(None, acceptances=(accepted(USER, OTHER),)), TAKEN, answer("failed", code="5.1.1"), "misclassified"),
        (DELIVER, seen(None, acceptances=(accepted(USER),)), TAKEN, answer(code="4.4.318"), "misclassified"),
        (DELIVER, seen(None, acceptances=(accepted(USER, OTHER),)), TAKEN, TAKEN, "passed"),
        (REFUSAL, REPLY, RETURNED, answer(code="4.4.316"), "misclassified"),
        (REFUSAL, REPLY, RETURNED, RETURNED, "passed"),
        (expects("connection-refused"), seen("connection-refused"), answer(code="4.4.316"), answer(code="4.4.315"), "misclassified"),
    ],
)  # fmt: skip
def test_a_recipients_own_answer_has_to_match_the_common_result(
    expect: Expect, diagnosis: Diagnosis, whole: Answer, own: Answer, ending: str
) -> None:
    ended = Answered(replace(whole, recipients={OTHER: own}))
    found = verdict(expect, diagnosis, ended, recipients=PAIR)
    assert found.ending == ending, found.sentence


def test_the_evidence_on_each_recipient_has_to_match_its_expectation() -> None:
    both_taken = seen(None, acceptances=(accepted(*PAIR),))
    found = verdict(SPLIT, both_taken, Answered(TAKEN), recipients=PAIR)
    assert found.ending == "not-reached"


# -- harm ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("acceptances", "words"),
    [
        ((accepted(), accepted(USER.upper())), f"after {MX1} had confirmed"),
        ((accepted(), accepted(server=MX2)), f"after {MX1} had confirmed"),
        ((accepted(server=MX2, confirmed=False), accepted(), accepted(server=MX2)), f"after {MX1} had confirmed"),
        ((accepted(), accepted(server=MX2, confirmed=False)), f"after {MX1} had confirmed"),
        ((accepted(confirmed=False), accepted(USER.upper(), confirmed=False), accepted()), "3 times"),
        ((accepted(USER, OTHER), accepted(OTHER)), OTHER),
    ],
)
def test_sent_twice(acceptances: tuple[Acceptance, ...], words: str) -> None:
    found = verdict(DELIVER, seen(None, acceptances=acceptances), said("delivered"))
    assert found.ending == "unsafe"
    assert words in found.sentence


@pytest.mark.parametrize(
    "acceptances",
    [
        (accepted(USER), accepted(OTHER)),
        (accepted(USER, OTHER),),
        (accepted(USER, USER), accepted(OTHER)),
        (accepted(USER, OTHER, confirmed=False), accepted(USER, OTHER)),
        (accepted(USER.upper(), OTHER),),
    ],
)
def test_not_sent_twice(acceptances: tuple[Acceptance, ...]) -> None:
    found = verdict(DELIVER, seen(None, acceptances=acceptances), said("delivered"), recipients=PAIR)
    assert found.ending == "passed", found.sentence


@pytest.mark.parametrize("ended", [Crashed("x"), Hung(1.0), Declined("x")])
def test_a_client_without_an_answer_is_judged_by_that_alone(ended: DeliveryResult) -> None:
    harmed = seen(None, acceptances=(accepted(), accepted()), clear_mail=(MX1,))
    assert verdict(DELIVER, harmed, ended, tls="required").ending in ("crashed", "hung", "unsupported")
