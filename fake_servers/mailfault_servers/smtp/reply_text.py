"""Replies as they are written in a scenario file."""

from typing import Annotated

from pydantic import AfterValidator

from mailfault_servers.action import Send
from mailfault_servers.smtp.reply import SmtpReply


def _checked(text: str) -> str:
    SmtpReply.parse(text)
    return text


ReplyText = Annotated[str, AfterValidator(_checked)]
"""A whole reply, "421 4.3.2 Service not available"; several lines joined by newlines."""


def send_reply(text: ReplyText) -> Send:
    """Return the action that sends a reply."""
    return Send(SmtpReply.parse(text).wire())
