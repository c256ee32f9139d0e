"""Sends addresses and content that are not ASCII whatever the host offers."""

from mailfault.reference_client import DeliveryClient, MailHost, Session
from mailfault_servers.smtp.reply import SmtpReply, Stage
from tests.support.variants import wrong

CAUGHT = {
    "smtp/utf8-recipient-without-smtputf8[route=mx]": "misclassified",
    "smtp/utf8-sender-without-smtputf8": "misclassified",
    "smtp/eight-bit-content-without-8bitmime": "misclassified",
}
BECAUSE = {
    "smtp/utf8-recipient-without-smtputf8[route=mx]": "it sent a command that is not ASCII, without SMTPUTF8",
    "smtp/utf8-sender-without-smtputf8": "it sent a command that is not ASCII, without SMTPUTF8",
    "smtp/eight-bit-content-without-8bitmime": "it sent a message with 8-bit content, and 8BITMIME was not offered",
}


class Careless(Session):
    async def mail(self, sender: str, *, message: bytes, recipients: tuple[str, ...]) -> SmtpReply:
        self.stage = Stage.MAIL
        return await self.command("MAIL", f"FROM:<{sender}>")


class Wrong(DeliveryClient):
    def session(self, host: MailHost) -> Session:
        return Careless(host, self.settings)


deliver = wrong(Wrong)
