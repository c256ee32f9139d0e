"""Gives up where EHLO is not known, though the host takes HELO."""

from mailfault.reference_client import DeliveryClient, MailHost
from mailfault.reference_client.session import Session
from mailfault_servers.smtp.reply import SmtpReply, Stage
from tests.support.variants import wrong

CAUGHT = {"smtp/ehlo-refused-helo-taken": "misclassified"}


class WrongSession(Session):
    async def hello(self) -> SmtpReply:
        self.stage = Stage.EHLO
        return await self.command("EHLO", self.settings.hello_name)


class Wrong(DeliveryClient):
    def session(self, host: MailHost) -> Session:
        return WrongSession(host, self.settings)


deliver = wrong(Wrong)
