"""Properties of any journal, diagnosis and answer: nothing raises, and nothing passes without its fault."""

from dataclasses import replace
from functools import cache
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mailfault.clients import open_client
from mailfault.codes.code_maps import all_code_maps, find_code_map
from mailfault.codes.failure import Failure
from mailfault.contract import Answer, Answered, Crashed, Declined, DeliveryResult, Hung, Outcome, Server, TlsPolicy
from mailfault.diagnosis.diagnose import diagnose
from mailfault.diagnosis.diagnosis import Acceptance, Diagnosis, Grade
from mailfault.events import Ending
from mailfault.judging.judge import judge
from mailfault.play.options import RunOptions
from mailfault.play.retry import play_with_retries
from mailfault.scenario.loader import find_scenario
from mailfault.scenario.model import Connector, Expect, Host, Scenario, Tolerated
from mailfault.world.plan import plan_world
from mailfault_servers.journal import Entry
from mailfault_servers.smtp.reply import SmtpReply

MX1, ADDRESS, USER, OTHER = "mx1.dest.example", "127.0.0.10", "user@dest.example", "other@dest.example"
WORDS = "550 5.1.1 No such user"
PLAYED = (
    "connect/all-hosts-fail-differently",
    "smtp/one-of-two-refused",
    "smtp/end-of-data-reset[route=mx]",
    "tls/certificate-expired[route=mx]",
)


@cache
def played(name: str) -> tuple[Entry, ...]:
    """The journal of a scenario, played once with the reference client."""
    client = open_client("reference")
    try:
        found = play_with_retries(plan_world(find_scenario(name)), client, find_code_map("microsoft-365"), RunOptions())
    finally:
        client.close()
    assert found.verdict.ending is Ending.PASSED, found.verdict.sentence
    return found.entries


many = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@pytest.mark.parametrize("name", PLAYED)
@many
@given(data=st.data())
def test_diagnose_takes_any_part_of_a_real_journal_in_any_order(name: str, data: st.DataObject) -> None:
    whole = played(name)
    mixed = data.draw(st.permutations(whole))
    part = mixed[: data.draw(st.integers(0, len(whole)))]
    diagnosis = diagnose(part)
    assert diagnosis.sentence
    assert not (diagnosis.delivered and diagnosis.failure)
    assert diagnosis.happened is (diagnosis.delivered or diagnosis.failure is not None)
    assert (diagnosis.failure is Failure.REMOTE_REPLY) <= (diagnosis.reply is not None)


@pytest.mark.parametrize("name", PLAYED)
def test_every_beginning_of_a_real_journal_can_be_diagnosed(name: str) -> None:
    whole = played(name)
    for length in range(len(whole) + 1):
        assert diagnose(whole[:length]).sentence


@pytest.mark.parametrize("name", PLAYED)
def test_a_diagnosis_rests_on_nothing_but_order(name: str) -> None:
    whole = played(name)
    shifted = [replace(entry, number=entry.number + 1000, at_s=entry.at_s * 7, attempt=3) for entry in whole]
    assert diagnose(shifted) == diagnose(whole)
    assert diagnose([Entry.from_json(entry.to_json()) for entry in whole]) == diagnose(whole)


@pytest.mark.parametrize("name", PLAYED)
@many
@given(data=st.data())
def test_a_diagnosis_does_not_depend_on_how_sessions_are_interleaved(name: str, data: st.DataObject) -> None:
    """Entries of one conversation keep their order, and conversations that of their beginnings; all else is chance."""
    whole = played(name)
    threads: dict[tuple[str, int | None], list[Entry]] = {}
    for entry in whole:
        thread = (entry.server, entry.session) if entry.session is not None else ("outside", None)
        threads.setdefault(thread, []).append(entry)
    firsts = [key for key in threads if key[1] is not None]
    mixed = list(threads.get(("outside", None), []))
    waiting = [list(threads[key]) for key in firsts]
    mixed += [own.pop(0) for own in waiting]
    while any(waiting):
        mixed.append(data.draw(st.sampled_from([own for own in waiting if own])).pop(0))
    renumbered = [replace(entry, number=number) for number, entry in enumerate(mixed)]
    first, second = diagnose(whole), diagnose(renumbered)
    assert (first.failure, first.server, first.reply, first.delivered) == (
        second.failure,
        second.server,
        second.reply,
        second.delivered,
    )


failures = st.none() | st.sampled_from(list(Failure))
words = st.none() | st.sampled_from(
    [WORDS, WORDS.replace(" ", "\r\n"), "450 4.4.316 Connection refused", "nonsense", ""]
)
acceptances = st.lists(
    st.builds(
        Acceptance,
        recipients=st.sampled_from([(), (USER,), (OTHER,), (USER, OTHER), (USER.upper(),)]),
        server=st.just(MX1),
        encrypted=st.booleans(),
        confirmed=st.booleans(),
        certificate_problems=st.sampled_from([(), ("expired",), ("revoked",)]),
    ),
    max_size=4,
).map(tuple)
one_diagnosis = st.builds(
    Diagnosis,
    failure=failures,
    delivered=st.booleans(),
    happened=st.booleans(),
    grade=st.sampled_from(list(Grade)),
    sentence=st.just("something"),
    server=st.none() | st.just(MX1),
    address=st.none() | st.sampled_from([ADDRESS, "fd00::a"]),
    reply=st.none() | st.sampled_from([WORDS, "451 later", "550", "250 OK"]).map(SmtpReply.parse),
    may_be_delivered=st.booleans(),
    acceptances=acceptances,
    clear_mail=st.sampled_from([(), (MX1,)]),
)
diagnoses = st.builds(
    lambda whole, each: replace(whole, recipients=each),
    one_diagnosis,
    st.dictionaries(st.sampled_from([USER, OTHER]), one_diagnosis, max_size=2),
)
one_answer = st.builds(
    Answer,
    outcome=st.sampled_from(list(Outcome)),
    code=st.none() | st.sampled_from(["4.4.316", "4.4.1", "5.1.1", "4.4.0"]),
    failure=failures,
    reply=words,
    text=st.none() | st.text(max_size=12) | st.just(WORDS),
    server=st.none()
    | st.builds(
        Server,
        name=st.none() | st.sampled_from([MX1, "", "."]),
        address=st.none() | st.sampled_from([ADDRESS, "[", "::ffff:127.0.0.10", "999.1.1.1", "fe80::1%eth0", ""]),
    ),
    said_by=st.sampled_from(["client", "exception"]),
)
answers = st.builds(
    lambda whole, each: replace(whole, recipients=each or None),
    one_answer,
    st.dictionaries(st.sampled_from([USER, OTHER.upper(), "stranger@x"]), one_answer, max_size=2),
)
tolerated = st.lists(
    st.builds(
        Tolerated,
        failure=failures,
        code=st.none() | st.sampled_from(["4.4.316", "4.4.0"]),
        action=st.none() | st.sampled_from(["deliver", "defer", "fail"]),
        because=st.just("for a reason that is told"),
    ),
    max_size=2,
).map(tuple)
own_failures = st.sampled_from([failure for failure in Failure if failure is not Failure.REMOTE_REPLY])
one_expectation = st.one_of(
    st.builds(Expect, action=st.just("deliver"), tolerated=tolerated),
    st.builds(Expect, failure=own_failures, action=st.sampled_from(["defer", "fail"]), tolerated=tolerated),
    st.builds(
        Expect,
        failure=st.just(Failure.REMOTE_REPLY),
        action=st.just("fail"),
        reply=st.just(WORDS),
        server=st.none() | st.just(MX1),
        tolerated=tolerated,
    ),
)
expectations = st.builds(
    lambda whole, each: whole.model_copy(update={"recipients": each or None}),
    one_expectation,
    st.dictionaries(st.sampled_from([USER, OTHER]), one_expectation, max_size=2),
)


def story(expect: Expect, tls: TlsPolicy, recipients: tuple[str, ...]) -> Scenario:
    return Scenario(
        id="a/story",
        title="A story",
        why="Because it is what this test needs.",
        refs=("the test",),
        connector=Connector(tls=tls, recipients=recipients),
        host=(Host(name=MX1),),
        expect=expect,
    )


def contradicts(expect: Expect, diagnosis: Diagnosis) -> bool:
    if expect.server is not None and diagnosis.server != expect.server:
        return True
    if expect.failure is None:
        return not diagnosis.delivered
    return diagnosis.delivered or diagnosis.failure is not expect.failure


def allows_other_course(expect: Expect) -> bool:
    """Check that the expectation tolerates the opposite course: to deliver, or not to."""
    return any((entry.action == "deliver") == (expect.failure is not None) for entry in expect.tolerated)


@settings(max_examples=250, deadline=None)
@given(
    expect=expectations,
    diagnosis=diagnoses,
    answer=answers,
    tls=st.sampled_from(list(TlsPolicy)),
    recipients=st.sampled_from([(USER,), (USER, OTHER)]),
    code_map=st.sampled_from(all_code_maps()),
    untriggered=st.sampled_from([(), ("smtp.close",)]),
)
def test_nothing_passes_without_its_fault(
    expect: Expect,
    diagnosis: Diagnosis,
    answer: Answer,
    tls: TlsPolicy,
    recipients: tuple[str, ...],
    code_map: Any,
    untriggered: tuple[str, ...],
) -> None:
    found = judge(
        scenario=story(expect, tls, recipients),
        diagnosis=diagnosis,
        ended=Answered(answer),
        code_map=code_map,
        untriggered=untriggered,
    )
    assert found.sentence
    if found.ending not in (Ending.PASSED, Ending.TOLERATED):
        return
    assert not untriggered
    if found.ending is Ending.TOLERATED and allows_other_course(expect):
        return
    assert diagnosis.happened
    if expect.recipients:
        pairs = [(expect.recipients.get(who, expect), diagnosis.recipients.get(who, diagnosis)) for who in recipients]
    else:
        pairs = [(expect, diagnosis)]
    assert not any(contradicts(wanted, found_there) for wanted, found_there in pairs)
    assert not (tls in (TlsPolicy.REQUIRED, TlsPolicy.VERIFIED) and diagnosis.clear_mail)
    own = {who.lower(): single for who, single in (answer.recipients or {}).items()}
    for who in recipients:
        copies = [copy for copy in diagnosis.acceptances if who in map(str.lower, copy.recipients)]
        assert not any(copy.confirmed for copy in copies[:-1]), "sent again after it was confirmed"
        said = own.get(who, answer)
        assert said.outcome is not Outcome.DELIVERED or copies, "lost"
        assert said.outcome is not Outcome.DEFERRED or not any(copy.confirmed for copy in copies), "will be sent again"


@given(
    expect=expectations,
    diagnosis=diagnoses,
    ended=st.sampled_from([Crashed("x"), Crashed(""), Hung(0.0), Hung(1e9), Declined("x"), Declined("")]),
    code_map=st.sampled_from(all_code_maps()),
)
def test_without_an_answer_there_is_nothing_to_weigh(
    expect: Expect, diagnosis: Diagnosis, ended: DeliveryResult, code_map: Any
) -> None:
    scenario = story(expect, TlsPolicy.OPPORTUNISTIC, (USER,))
    found = judge(scenario=scenario, diagnosis=diagnosis, ended=ended, code_map=code_map)
    assert found.ending in (Ending.CRASHED, Ending.HUNG, Ending.UNSUPPORTED)
