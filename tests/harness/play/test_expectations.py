"""Wrong clients that a tolerance used to excuse are caught for the right reason; right clients on another course are not."""

import importlib

import aiosmtplib
import pytest

from mailfault.clients.adapters.reference import ReferenceAdapter
from mailfault.clients.library.callable_client import CallableClient
from mailfault.events import Ending, ScenarioFinished
from mailfault.play.options import RunOptions
from mailfault.play.run import run_scenario
from mailfault.reference_client import DeliveryClient, MailHost, Session
from mailfault.scenario.loader import find_scenario

LOST = "the client says delivered, and no server ever accepted the message for user@dest.example: it is lost"
RETURNED = "the client says failed, and the mail has to stay queued and be tried again"


def play(name: str, story: str) -> ScenarioFinished:
    function = importlib.import_module(f"tests.bad_clients.{name}").deliver
    client = CallableClient(function, spec=f"python:tests.bad_clients.{name}:deliver")
    return run_scenario(find_scenario(story), client, RunOptions())


@pytest.mark.parametrize(
    ("name", "story", "sentence"),
    [
        ("loses_step", "smtp/second-reply-at-data", LOST),
        ("takes_a_blank_line_for_a_yes", "smtp/blank-line-before-greeting", LOST),
        ("takes_a_blank_line_for_a_yes", "smtp/blank-line-before-rcpt", LOST),
        ("returns_mail_on_a_code_that_is_none", "smtp/code-600-at-mail", RETURNED),
        ("returns_recipients_that_are_too_many", "smtp/too-many-recipients-552", RETURNED),
        ("keeps_every_552", "smtp/first-of-two-over-quota-552", "the mail has to be returned at once"),
        (
            "gives_up_at_a_forged_answer",
            "dns/forged-id-first[route=mx]",
            "the client asked for names, was answered, and did nothing more",
        ),
        ("bounces_when_names_fail", "dns/no-question", RETURNED),
        ("bounces_when_names_fail", "dns/garbage", RETURNED),
        ("bounces_when_names_fail", "dns/empty-datagram[route=mx]", RETURNED),
        ("bounces_when_names_fail", "dns/answer-without-qr[route=mx]", RETURNED),
    ],
)
def test_a_wrong_client_is_caught_for_the_right_reason(name: str, story: str, sentence: str) -> None:
    finished = play(name, story)
    assert finished.ending in (Ending.MISCLASSIFIED, Ending.UNSAFE, Ending.NOT_REACHED)
    assert sentence in finished.sentence


class Discarding(Session):
    """A session that throws away what it did not ask for before its next command."""

    def _check_in_step(self, connection: object) -> None:
        connection._buffer.clear()  # type: ignore[attr-defined]


class Tolerant(DeliveryClient):
    def session(self, host: MailHost) -> Session:
        return Discarding(host, self.settings)


@pytest.mark.parametrize("stage", ["greeting", "ehlo", "mail", "rcpt-then-refused", "data"])
def test_a_client_that_stays_in_step_passes_on_the_refusal_that_it_meets(stage: str) -> None:
    client = ReferenceAdapter(client=Tolerant)
    finished = run_scenario(find_scenario(f"smtp/second-reply-at-{stage}"), client, RunOptions())
    assert (finished.ending, finished.sentence) == (
        Ending.TOLERATED,
        "A client that throws away what it did not ask for stays in step, and passes on the refusal of the message",
    )


class Inventive(Tolerant):
    """Stays in step, and passes on words that the host never said."""

    def result_of(self, error: Exception, stage: str, host: MailHost | None):  # type: ignore[no-untyped-def]
        if isinstance(error, aiosmtplib.SMTPResponseException) and error.code == 554:
            error = aiosmtplib.SMTPResponseException(550, "5.1.1 No such user")
        return super().result_of(error, stage, host)


def test_a_refusal_that_the_host_did_not_give_is_not_tolerated() -> None:
    client = ReferenceAdapter(client=Inventive)
    finished = run_scenario(find_scenario("smtp/second-reply-at-data"), client, RunOptions())
    assert finished.ending not in (Ending.PASSED, Ending.TOLERATED)
