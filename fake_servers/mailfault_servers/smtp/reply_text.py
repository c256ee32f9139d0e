"""Replies as a fault is given them in a scenario file."""

from typing import Annotated

from pydantic import AfterValidator

from mailfault_servers.smtp.reply import SmtpReply


def _checked(text: str) -> str:
    SmtpReply.parse(text)
    return text


ReplyText = Annotated[str, AfterValidator(_checked)]
"""A whole reply, "421 4.3.2 Service not available"; several lines joined by newlines."""
