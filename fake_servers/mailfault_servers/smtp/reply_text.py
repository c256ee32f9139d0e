"""Replies as they are written in a scenario file."""

import re
from typing import Annotated

from pydantic import AfterValidator

from mailfault_servers.action import Send
from mailfault_servers.smtp.reply import SmtpReply, Stage

_CODES = re.compile(r"([2-5]\d\d)(?:[- ](?:([245]\.\d{1,3}\.\d{1,3})(?= |$))?|$)")
_ENHANCED = "enhanced status "


def check_reply(text: str) -> str:
    """Return the text if it is one reply. Raises ValueError, which names the fault that sends such a text."""
    try:
        SmtpReply.parse(text)
    except ValueError as error:
        raise ValueError(
            f"{error}. smtp.wrong-code sends a code outside 200 to 599, smtp.garbage a line without a code"
        ) from None
    lines = text.replace("\r\n", "\n").rstrip("\n").split("\n")
    found = [codes for codes in map(_CODES.match, lines) if codes is not None]
    for group, kind in ((1, ""), (2, _ENHANCED)):
        codes = tuple(dict.fromkeys(codes[group] for codes in found if codes[group] is not None))
        if len(codes) > 1:
            raise ValueError(
                f"{text!r} has two {kind}codes, {codes[0]} and {codes[1]}, and one reply has one (RFC 5321 4.2.1). "
                "smtp.mixed-codes gives the lines of a reply different codes; smtp.second-reply says another reply "
                "behind the first"
            )
    return text


def check_refusal(text: str) -> str:
    """Return the text if it is one reply with a 4xx or 5xx code. Raises ValueError."""
    if SmtpReply.parse(check_reply(text)).is_positive:
        raise ValueError(
            f"{text!r} refuses nothing; write a reply with a 4xx or 5xx code here. smtp.reworded-reply says yes in "
            "chosen words"
        )
    return text


def check_not_done(text: str, stage: Stage) -> None:
    """Check the reply of a server that does nothing of what was asked. Raises ValueError if it says that it is done.

    A positive reply that answers another question (354 to RCPT, 250 to DATA or STARTTLS) claims nothing, and passes.
    """
    code = SmtpReply.parse(text).code
    if stage is Stage.STARTTLS:
        is_done, instead = code == 220, "smtp.starttls-ready-reply"
    else:
        is_done, instead = code // 100 == (3 if stage is Stage.DATA else 2), "smtp.reworded-reply"
    if is_done:
        raise ValueError(
            f"{text!r} at {str(stage)!r} says that it was done, and this fault does nothing of what was asked. "
            f"{instead} does it, and says so in chosen words"
        )


ReplyText = Annotated[str, AfterValidator(check_reply)]
"""A whole reply, "421 4.3.2 Service not available"; several lines joined by newlines."""

RefusalText = Annotated[str, AfterValidator(check_refusal)]
"""A whole reply with a 4xx or 5xx code; several lines joined by newlines."""


def send_reply(text: ReplyText) -> Send:
    """Return the action that sends a reply."""
    return Send(SmtpReply.parse(text).wire())
