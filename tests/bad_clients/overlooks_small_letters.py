"""Knows extensions by their capitals only."""

from mailfault.reference_client import DeliveryClient, MailHost
from mailfault.reference_client.session import Session
from mailfault_servers.smtp.reply import SmtpReply
from tests.support.variants import wrong

CAUGHT = {
    "tls/keyword-in-small-letters[tls=required]": "misclassified",
    "tls/keyword-in-small-letters[tls=verified]": "misclassified",
}


class Literal(Session):
    async def hello(self) -> SmtpReply:
        reply = await super().hello()
        shouted = {line.partition(" ")[0].lower() for line in reply.lines if line.partition(" ")[0].isupper()}
        self.extensions = {name: words for name, words in self.extensions.items() if name in shouted}
        return reply


class Wrong(DeliveryClient):
    def session(self, host: MailHost) -> Session:
        return Literal(host, self.settings)


deliver = wrong(Wrong)
