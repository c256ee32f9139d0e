"""Answers from exceptions of mail libraries."""

import traceback
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Literal

from mailfault.classify import Classified, classify
from mailfault.classify.classified import is_final_refusal, reply_of
from mailfault.codes.failure import Failure
from mailfault.contract import Answer, Outcome, Server

Words = tuple[int, str | bytes]
"""A reply as smtplib and aiosmtplib keep it: its code, and the text of its lines joined by newlines."""


def answer_from(
    error: BaseException,
    *,
    stage: str | None = None,
    server: Server | None = None,
    said_by: Literal["client", "exception"] = "client",
) -> Answer | None:
    """Return the answer that an exception stands for; None if its kind cannot be classified.

    `stage` and `server` complete the exception: the stage of the session (a value of
    mailfault_servers.smtp.reply.Stage, or "lookup", "connect", "tls") and the host.
    """
    classified = classify(error, stage=stage)
    if classified is None:
        return None
    answer = _answer(classified, server, said_by)
    recipients = {address: _refusal(reply, server, said_by) for address, reply in _refused_recipients(error).items()}
    return replace(answer, recipients=recipients) if len(recipients) > 1 else answer


def partly_refused(
    recipients: tuple[str, ...], refused: Mapping[str, Words], *, server: Server | None = None
) -> Answer:
    """Return the answer for a message that was accepted for some recipients and refused for others."""
    if not refused:
        return Answer(outcome=Outcome.DELIVERED, server=server)
    accepted = Answer(outcome=Outcome.DELIVERED, server=server)
    answers: dict[str, Answer] = {}
    for address in recipients:
        others_taken = accepted in answers.values()
        refusal = refused.get(address)
        answers[address] = (
            accepted if refusal is None else _refusal(refusal, server, "client", others_taken=others_taken)
        )
    worst = max(answers.values(), key=lambda answer: list(Outcome).index(answer.outcome))
    return replace(worst, recipients=answers) if len(answers) > 1 else worst


def crash_reason(error: BaseException) -> str:
    """Describe an unclassified exception: its kind, its text, and the line that raised it."""
    frames = traceback.extract_tb(error.__traceback__)
    words = "".join(traceback.format_exception_only(error)).strip()
    if not frames:
        return words
    last = frames[-1]
    return f"{words} ({last.filename}, line {last.lineno}, in {last.name}: {last.line})"


def _answer(classified: Classified, server: Server | None, said_by: Literal["client", "exception"]) -> Answer:
    return Answer(
        outcome=Outcome.FAILED if classified.permanent else Outcome.DEFERRED,
        failure=classified.failure,
        reply=str(classified.reply) if classified.reply is not None else None,
        text=classified.text,
        server=server,
        said_by=said_by,
    )


def _refusal(
    words: Words, server: Server | None, said_by: Literal["client", "exception"], *, others_taken: bool = False
) -> Answer:
    reply = reply_of(*words)
    if reply is None:  # smtplib reports a malformed reply as code -1
        return Answer(
            outcome=Outcome.DEFERRED,
            failure=Failure.CONNECTION_CLOSED,
            text=f"unreadable reply {words!r}",
            server=server,
            said_by=said_by,
        )
    return Answer(
        outcome=Outcome.FAILED if is_final_refusal(reply, others_taken=others_taken) else Outcome.DEFERRED,
        failure=Failure.REMOTE_REPLY,
        reply=str(reply),
        server=server,
        said_by=said_by,
    )


def _refused_recipients(error: Any) -> dict[str, Words]:
    """Return each recipient's reply from smtplib's exception (a mapping) or aiosmtplib's (a list)."""
    found = getattr(error, "recipients", None)
    try:
        if isinstance(found, Mapping):
            return {str(address): (int(code), words) for address, (code, words) in found.items()}
        if isinstance(found, list):
            return {str(refusal.recipient): (int(refusal.code), refusal.message) for refusal in found}
    except (AttributeError, TypeError, ValueError):
        pass  # another library's exception with an attribute of the same name
    return {}
