"""Goes on believing in what was offered before TLS began."""

from mailfault.reference_client import DeliveryClient, MailHost
from mailfault.reference_client.session import Session
from mailfault_servers.smtp.reply import SmtpReply
from tests.support.variants import wrong

CAUGHT = {"tls/ehlo-under-tls-offers-less[tls=required]": "misclassified"}


class Remembering(Session):
    async def hello(self) -> SmtpReply:
        earlier = getattr(self, "earlier", {})
        reply = await super().hello()
        self.earlier = self.extensions = {**earlier, **self.extensions}
        return reply


class Wrong(DeliveryClient):
    def session(self, host: MailHost) -> Session:
        return Remembering(host, self.settings)


deliver = wrong(Wrong)
