from collections.abc import Sequence
from typing import Annotated

from pydantic import AfterValidator

from mailfault_servers.action import Action, Send
from mailfault_servers.fault import Event, Fault, fault
from mailfault_servers.smtp.event import Leaving
from mailfault_servers.smtp.reply import SmtpReply, Stage


def _check_ready(text: str) -> str:
    if SmtpReply.parse(text).code != 220:
        raise ValueError(f"{text!r} is no 220, the only reply after which TLS begins")
    return text


@fault
class StarttlsReadyReply(Fault):
    """Agree to STARTTLS in unusual words: several lines, or none at all (RFC 5321 4.2.1).

    Only the code counts, and the last line of the reply is the last byte in clear. A client that takes the second line
    for a TLS record, or waits for words, has no session.
    """

    former_ids = ("tls.ready-reply",)

    reply: Annotated[str, AfterValidator(_check_ready)] = "220 2.0.0 Ready\n220 2.0.0 to start TLS"
    """The whole reply; several lines joined by newlines."""

    def react(self, event: Event, honest: Sequence[Action]) -> Sequence[Action]:
        if not isinstance(event, Leaving) or event.stage is not Stage.STARTTLS or event.encrypted:
            return honest
        return (Send(SmtpReply.parse(self.reply).wire()),)
