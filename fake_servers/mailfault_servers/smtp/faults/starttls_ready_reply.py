from collections.abc import Sequence
from typing import Annotated

from pydantic import AfterValidator

from mailfault_servers.action import Action
from mailfault_servers.fault import fault
from mailfault_servers.smtp.event import ReplyReady
from mailfault_servers.smtp.reply import SmtpReply, Stage
from mailfault_servers.smtp.reply_text import send_reply
from mailfault_servers.smtp.stage_fault import SmtpFault


def _check_ready(text: str) -> str:
    if SmtpReply.parse(text).code != 220:
        raise ValueError(f"{text!r} is no 220, the only reply after which TLS begins")
    return text


@fault
class StarttlsReadyReply(SmtpFault):
    """Agree to STARTTLS in unusual words: several lines, or none at all (RFC 5321 4.2.1).

    Only the code counts, and the last line of the reply is the last byte in clear. A client that takes the second line
    for a TLS record, or waits for words, has no session.
    """

    former_ids = ("tls.ready-reply",)

    reply: Annotated[str, AfterValidator(_check_ready)] = "220 2.0.0 Ready\n220 2.0.0 to start TLS"
    """The whole reply; several lines joined by newlines."""

    def on_reply(self, event: ReplyReady, honest: Sequence[Action]) -> Sequence[Action]:
        return (send_reply(self.reply),) if event.stage is Stage.STARTTLS and not event.encrypted else honest
