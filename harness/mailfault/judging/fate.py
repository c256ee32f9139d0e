"""Check the client's fate for the mail (kept, returned, delivered) if it met the fault and took another course."""

from collections.abc import Collection, Mapping

from mailfault.codes.failure import Failure
from mailfault.contract import Answer, Outcome
from mailfault.diagnosis.diagnosis import Diagnosis
from mailfault.judging.answer_check import ACTIONS
from mailfault.judging.reached import for_recipient
from mailfault.scenario.model import Expect, Scenario


def wrong_fate(scenario: Scenario, diagnosis: Diagnosis, answers: Mapping[str, Answer]) -> str | None:
    """Explain what no right client does with this mail. Return None if the evidence allows it, or there is none.

    `answers` has one answer for each recipient.
    """
    strangers = frozenset(host.name for host in scenario.host if host.stranger)
    for recipient, answer in answers.items():
        expect, found = for_recipient(scenario.expect, diagnosis, recipient)
        wrong = _wrong(expect, found, answer, strangers, is_own=bool(scenario.expect.recipients))
        if wrong is not None:
            return wrong if len(answers) == 1 else f"{recipient}: {wrong}"
    return None


def _wrong(expect: Expect, found: Diagnosis, answer: Answer, strangers: Collection[str], *, is_own: bool) -> str | None:
    """Explain what is wrong for one recipient. `is_own` tells that the expectation may be the recipient's own."""
    allowed = _allowed(expect)
    if found.delivered:
        tried_on = not is_own and expect.action == "fail" and answer.outcome is Outcome.DELIVERED
        if not tried_on or answer.outcome in allowed:
            return None
        return f"the mail had been refused for good, and the client tried on: {found.sentence}"
    is_seen = found.happened or found.server is not None
    if not is_seen or answer.outcome is Outcome.DELIVERED or answer.outcome in allowed:
        return None
    due = _due(found, strangers)
    if answer.outcome is Outcome.FAILED and found.server in strangers:
        host = f"{found.server}, which has nothing to do with it"
        return f"the client returns the mail on the word of {host}: {found.sentence}"
    if expect.action == "deliver" and not (is_own and answer.outcome is due):
        did = "did not deliver" if answer.outcome is Outcome.DEFERRED else "returns the mail"
        return f"the client {did}, and it could have delivered it: {found.sentence}"
    if answer.outcome is due or (due is None and answer.outcome is Outcome.DEFERRED):
        return None
    if answer.outcome is Outcome.FAILED:
        return f"the client returns the mail, and nobody had refused it for good: {found.sentence}"
    return f"the client keeps the mail, which had been refused for good: {found.sentence}"


def _allowed(expect: Expect) -> frozenset[Outcome]:
    """Return the outcomes that the scenario expects or tolerates."""
    tolerated = {
        ACTIONS[entry.action or ("defer" if entry.failure and expect.failure is None else expect.action)]
        for entry in expect.tolerated
    }
    return frozenset({ACTIONS[expect.action], *tolerated})


def _due(found: Diagnosis, strangers: Collection[str]) -> Outcome | None:
    """Return the fate that the evidence alone calls for. Return None if it calls for none."""
    if not found.happened or found.server in strangers:
        return None
    is_refused = found.failure is Failure.REMOTE_REPLY and found.reply is not None and found.reply.code >= 500
    return Outcome.FAILED if is_refused or found.failure is Failure.NO_MAIL_SERVICE else Outcome.DEFERRED
