"""Replies of an honest mail host, as hooks of aiosmtpd."""

from typing import Protocol

from aiosmtpd.smtp import SMTP, Envelope, Session


class MessageSink(Protocol):
    """Receiver of complete messages."""

    async def accept_message(self, envelope: Envelope) -> str:
        """Take responsibility for a message. Return the reply to the final dot."""
        ...


class HonestHandler:
    """Hooks of aiosmtpd that reply with enhanced codes (RFC 2034) and pass messages to a MessageSink."""

    async def handle_EHLO(
        self, server: SMTP, session: Session, envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        session.host_name = hostname
        kept = [line for line in responses if not line.startswith(("250-AUTH", "250 HELP"))]
        return [*kept, "250-PIPELINING", "250 ENHANCEDSTATUSCODES"]

    async def handle_MAIL(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 2.1.0 Sender OK"

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        envelope.rcpt_tos.append(address)
        envelope.rcpt_options.extend(options)
        return "250 2.1.5 Recipient OK"

    async def handle_DATA(self, server: MessageSink, session: Session, envelope: Envelope) -> str:
        return await server.accept_message(envelope)

    async def handle_exception(self, error: Exception) -> str:
        return f"451 4.3.0 {type(error).__name__}"
