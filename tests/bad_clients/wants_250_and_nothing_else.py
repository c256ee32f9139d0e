"""Takes 250 for yes and every other code for no (smtplib does so at RCPT with 252)."""

import aiosmtplib

from mailfault.reference_client import DeliveryClient, MailHost, Session
from mailfault_servers.smtp.reply import SmtpReply
from tests.support.variants import wrong

CAUGHT = {
    "smtp/yes-in-other-words-251-at-rcpt": "misclassified",
    "smtp/yes-in-other-words-252-at-rcpt": "misclassified",
}
BECAUSE = {
    "smtp/yes-in-other-words-252-at-rcpt": "the client did not deliver, and it could have",
}


class Narrow(Session):
    async def recipient(self, address: str) -> SmtpReply:
        reply = await super().recipient(address)
        if reply.code != 250:
            raise aiosmtplib.SMTPResponseException(reply.code, reply.text)
        return reply


class Wrong(DeliveryClient):
    def session(self, host: MailHost) -> Session:
        return Narrow(host, self.settings)


deliver = wrong(Wrong)
