from collections.abc import Sequence
from typing import Annotated

from pydantic import AfterValidator

from mailfault_servers.action import Action, Close, Send
from mailfault_servers.fault import Event, Fault, fault
from mailfault_servers.smtp.event import Arrived
from mailfault_servers.smtp.reply import SmtpReply, Stage


def _check_reply(text: str) -> str:
    SmtpReply.parse(text)
    return text


@fault
class StarttlsHelloRefused(Fault):
    """Take EHLO in clear, and refuse it, and HELO, under TLS.

    Servers that look up who the client is only once the session is encrypted. TLS is established and no session for
    mail comes of it; nothing was said about the message (RFC 5321 4.2).
    """

    former_ids = ("tls.hello-refused",)

    reply: Annotated[str, AfterValidator(_check_reply)] = "550 5.7.1 Access denied"
    """The whole reply. A 421 closes."""

    def react(self, event: Event, honest: Sequence[Action]) -> Sequence[Action]:
        if not isinstance(event, Arrived) or event.stage is not Stage.EHLO or not event.encrypted:
            return honest
        reply = SmtpReply.parse(self.reply)
        return (Send(reply.wire()), Close()) if reply.code == 421 else (Send(reply.wire()),)
