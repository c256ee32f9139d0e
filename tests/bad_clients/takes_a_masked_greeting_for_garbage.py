"""Turns away because the greeting's words are asterisks."""

import aiosmtplib

from mailfault.reference_client import DeliveryClient, MailHost
from mailfault.reference_client.session import Session
from mailfault_servers.smtp.reply import SmtpReply
from tests.support.variants import wrong

CAUGHT = {"smtp/firewall-masks-greeting[route=smart-host]": "misclassified"}


class WrongSession(Session):
    async def connect(self) -> SmtpReply:
        greeting = await super().connect()
        if "*" in greeting.text:
            raise aiosmtplib.SMTPResponseException(-1, greeting.text)
        return greeting


class Wrong(DeliveryClient):
    def session(self, host: MailHost) -> Session:
        return WrongSession(host, self.settings)


deliver = wrong(Wrong)
