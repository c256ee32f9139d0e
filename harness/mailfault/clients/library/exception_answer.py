"""From an exception of a mail library to an answer."""

import traceback
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Literal

from mailfault.classify import Classified, classify
from mailfault.classify.classified import reply_of
from mailfault.codes.failure import Failure
from mailfault.contract import Answer, Outcome, Server

Words = tuple[int, str | bytes]
"""A reply as smtplib and aiosmtplib keep it: code and words apart, the words of its lines joined by newlines."""


def answer_from(
    error: BaseException,
    *,
    stage: str | None = None,
    server: Server | None = None,
    said_by: Literal["client", "exception"] = "client",
) -> Answer | None:
    """What the exception says became of the message; None where it is none of the kinds that can be classified.

    `stage` and `server` are what the exception does not carry: how far the session had got (a value of
    mailfault_servers.smtp.reply.Stage, or "lookup", "connect", "tls"), and with whom.
    """
    classified = classify(error, stage=stage)
    if classified is None:
        return None
    answer = _answer(classified, server, said_by)
    each = {one: _refusal(reply, server, said_by) for one, reply in _refused_recipients(error).items()}
    return replace(answer, recipients=each) if len(each) > 1 else answer


def partly_refused(
    recipients: tuple[str, ...], refused: Mapping[str, Words], *, server: Server | None = None
) -> Answer:
    """The message was taken for some recipients and refused for others: each has an answer of its own."""
    if not refused:
        return Answer(outcome=Outcome.DELIVERED, server=server)
    taken = Answer(outcome=Outcome.DELIVERED, server=server)
    each = {one: _refusal(refused[one], server, "client") if one in refused else taken for one in recipients}
    worst = max(each.values(), key=lambda one: list(Outcome).index(one.outcome))
    return replace(worst, recipients=each) if len(each) > 1 else worst


def crash_reason(error: BaseException) -> str:
    """An exception that nothing was made of: its kind, its words, and the line it comes from."""
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


def _refusal(words: Words, server: Server | None, said_by: Literal["client", "exception"]) -> Answer:
    reply = reply_of(*words)
    if reply is None:  # smtplib makes code -1 of a line that is no reply
        return Answer(
            outcome=Outcome.DEFERRED,
            failure=Failure.CONNECTION_CLOSED,
            text=f"unreadable reply {words!r}",
            server=server,
            said_by=said_by,
        )
    return Answer(
        outcome=Outcome.FAILED if reply.code >= 500 else Outcome.DEFERRED,
        failure=Failure.REMOTE_REPLY,
        reply=str(reply),
        server=server,
        said_by=said_by,
    )


def _refused_recipients(error: Any) -> dict[str, Words]:
    """Each recipient's reply, from the exception of smtplib (a mapping) or aiosmtplib (a list) that carries them."""
    found = getattr(error, "recipients", None)
    try:
        if isinstance(found, Mapping):
            return {str(one): (int(code), words) for one, (code, words) in found.items()}
        if isinstance(found, list):
            return {str(one.recipient): (int(one.code), one.message) for one in found}
    except (AttributeError, TypeError, ValueError):
        pass  # an exception of another library that happens to have recipients
    return {}
