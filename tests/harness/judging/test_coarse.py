"""Clients that do not tell apart what the article does: judged as finely as they speak, and the report says so."""

from pathlib import Path

import pytest

from mailfault.clients import ClientError
from mailfault.clients.client_profile import read_client_profile
from mailfault.codes.code_maps import find_code_map
from mailfault.codes.failure import Failure
from mailfault.contract import Answer, Answered, BadAnswer, Outcome
from mailfault.diagnosis.diagnosis import Diagnosis, Grade
from mailfault.events import Ending
from mailfault.judging.judge import judge
from mailfault.judging.verdict import Verdict
from mailfault.scenario.loader import find_scenario

REFUSED = find_scenario("connect/refused[route=mx]")
BOTH = (Failure.CONNECTION_REFUSED, Failure.CONNECTION_TIMED_OUT)
DIAGNOSIS = Diagnosis(
    failure=Failure.CONNECTION_REFUSED,
    delivered=False,
    happened=True,
    grade=Grade.WITNESSED,
    sentence="nothing listens",
    server="mx1.dest.example",
)


def verdict(answer: Answer, code_map: str = "microsoft-365") -> Verdict:
    ended = Answered(answer)
    return judge(scenario=REFUSED, diagnosis=DIAGNOSIS, ended=ended, code_map=find_code_map(code_map))


def merging(*failures: Failure, outcome: Outcome = Outcome.DEFERRED) -> Answer:
    return Answer(outcome=outcome, failure=failures[0], also=failures[1:], text="it did not work")


def test_the_right_failure_among_others_passes_and_is_coarser() -> None:
    found = verdict(merging(*reversed(BOTH)))
    assert (found.ending, found.coarser) == (Ending.PASSED, ("connection-timed-out",))
    assert found.said == "deferred connection-timed-out or connection-refused"


def test_a_precise_answer_is_no_coarser() -> None:
    assert verdict(merging(Failure.CONNECTION_REFUSED)).coarser == ()


def test_a_code_that_merges_them_in_its_code_map_is_coarser_too() -> None:
    found = verdict(Answer(outcome=Outcome.DEFERRED, code="4.4.1", text="no answer"), code_map="rfc3463")
    assert found.ending is Ending.PASSED
    assert "connection-timed-out" in found.coarser


def test_none_of_the_failures_is_the_right_one() -> None:
    found = verdict(merging(Failure.DNS_QUERY_FAILED, Failure.CERTIFICATE_INVALID))
    assert (found.ending, found.coarser) == (Ending.MISCLASSIFIED, ())
    assert "certificate-invalid or dns-query-failed" in found.sentence


def test_a_coarse_answer_excuses_no_wrong_outcome() -> None:
    assert verdict(merging(*BOTH, outcome=Outcome.FAILED)).ending is Ending.MISCLASSIFIED


FINAL = (Failure.REMOTE_REPLY, Failure.NO_MAIL_SERVICE, Failure.MESSAGE_NOT_TRANSFERABLE)


@pytest.mark.parametrize(
    ("failures", "words"),
    [
        (
            [str(failure) for failure in Failure if failure not in FINAL],
            "8 failures",
        ),
        (["no-mail-service", "dns-query-failed"], "no-mail-service has to be told apart"),
        (["remote-reply", "cannot-connect"], "remote-reply has to be told apart"),
        (["cannot-connect", "cannot-connect"], "names a failure twice"),
        (["cannot-connect", "sad"], "'sad' is not one of dns-query-failed"),
        ([4], "a string, or a list of strings"),
    ],
)
def test_a_meaningless_merge_is_no_answer(failures: list[object], words: str) -> None:
    with pytest.raises(BadAnswer, match=words):
        Answer.from_json({"outcome": "deferred", "failure": failures})


def test_an_answer_is_written_as_it_is_read() -> None:
    for failures in (BOTH, BOTH[:1]):
        answer = merging(*failures)
        assert Answer.from_json(answer.to_json()) == answer


def test_a_profile_merges_by_a_list(tmp_path: Path) -> None:
    file = tmp_path / "client.toml"
    rule = '[[answer]]\nexit = 1\noutcome = "deferred"\nbecause = "see its manual"\nfailure = '
    file.write_text(f'{rule}["connection-refused", "connection-timed-out"]\n')
    read = read_client_profile(file).read(1, "4.4.1")
    assert read is not None
    assert (read.failure, read.also) == (BOTH[0], BOTH[1:])
    file.write_text(f'{rule}["no-mail-service", "dns-query-failed"]\n')
    with pytest.raises(ClientError, match=r"answer\[0\]\.failure.*has to be told apart"):
        read_client_profile(file)
