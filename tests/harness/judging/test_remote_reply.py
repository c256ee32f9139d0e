"""Words of a reply of several lines, as clients pass them on."""

import pytest

from mailfault.codes.failure import Failure
from mailfault.contract import Answer, Outcome
from mailfault.diagnosis.diagnosis import Diagnosis, Grade
from mailfault.judging.remote_reply import passes_on, reply_mismatch
from mailfault_servers.smtp.reply import SmtpReply

REMOTE = SmtpReply.parse("550-5.7.1 Your address is on a block list\n550-5.7.1\n550 5.7.1 see https://list.example/")
ADDRESS, SEE = "Your address is on a block list", "see https://list.example/"


def diagnosis(reply: SmtpReply = REMOTE) -> Diagnosis:
    return Diagnosis(
        failure=Failure.REMOTE_REPLY,
        delivered=False,
        happened=True,
        grade=Grade.WITNESSED,
        sentence="it was refused",
        reply=reply,
    )


def answer(text: str, failure: Failure | None = None) -> Answer:
    return Answer(outcome=Outcome.FAILED, reply=text, failure=failure)


@pytest.mark.parametrize("joint", [" ", "\n", "\r\n", "\\n", "\\r\\n", ", ", "; ", " / ", "', '", ""])
@pytest.mark.parametrize("codes", ["", "5.7.1 ", "550 5.7.1 ", "550-5.7.1 ", "550 ", "550-"])
def test_lines_may_be_joined_in_any_usual_way(joint: str, codes: str) -> None:
    assert reply_mismatch(diagnosis(), answer(f"550 5.7.1 {ADDRESS}{joint}{codes}{SEE}")) is None
    empty_line_too = f"550-5.7.1 {ADDRESS}{joint}{codes}{joint}{codes}{SEE}"
    assert reply_mismatch(diagnosis(), answer(empty_line_too)) is None


@pytest.mark.parametrize(
    ("said", "words"),
    [
        (f"550 5.7.1 {ADDRESS}", "own words"),
        (f"550 5.7.1 {SEE} {ADDRESS}", "own words"),
        (f"550 5.7.1 {ADDRESS} and more {SEE}", "own words"),
        (f"550 {ADDRESS} {SEE}", "own enhanced code"),
        (f"554 5.7.1 {ADDRESS} {SEE}", "own code"),
    ],
)
def test_words_and_codes_have_to_be_the_hosts_own(said: str, words: str) -> None:
    assert words in str(reply_mismatch(diagnosis(), answer(said)))


def test_words_with_numbers_and_punctuation_are_compared_as_they_are() -> None:
    remote = SmtpReply.parse("452 4.2.2 Over quota: 550 of 500 MB (user@dest.example)")
    assert reply_mismatch(diagnosis(remote), answer(str(remote))) is None
    assert reply_mismatch(diagnosis(remote), answer("452 4.2.2 Over quota")) is not None


def test_a_status_line_of_the_hosts_is_a_reply_passed_on() -> None:
    assert passes_on(diagnosis(), answer("550 5.7.1 Your address"))
    assert not passes_on(diagnosis(), answer("5500 Your address"))
    assert not passes_on(diagnosis(), answer("450 4.4.316 Connection refused"))
    assert not passes_on(diagnosis(), answer("550 5.7.1 x", Failure.CANNOT_CONNECT))
