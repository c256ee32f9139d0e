"""Sends the message upon any positive answer to DATA."""

import aiosmtplib

from mailfault.reference_client import DeliveryClient, MailHost, Session
from mailfault_servers.smtp.reply import SmtpReply, Stage
from tests.support.variants import wrong

CAUGHT = {"smtp/250-instead-of-354": "misclassified"}


class Eager(Session):
    async def data(self) -> SmtpReply:
        self.stage = Stage.DATA
        try:
            return await self.command("DATA", expected=3)
        except aiosmtplib.SMTPResponseException as error:
            if error.code >= 0:
                raise
            return SmtpReply(354, None, ("taken for granted",))


class Wrong(DeliveryClient):
    def session(self, host: MailHost) -> Session:
        return Eager(host, self.settings)


deliver = wrong(Wrong)
