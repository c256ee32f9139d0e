"""Takes a reply that nobody asked for as the answer to its next question."""

from mailfault.reference_client import DeliveryClient, MailHost, Session
from tests.support.variants import wrong

CAUGHT = {
    "smtp/second-reply-at-data": "unsafe",
    "smtp/second-reply-at-rcpt": "unsafe",
}


class Deaf(Session):
    def _check_in_step(self, connection: object) -> None:
        """The bytes read so far, taken for the next answer."""


class Wrong(DeliveryClient):
    def session(self, host: MailHost) -> Session:
        return Deaf(host, self.settings)


deliver = wrong(Wrong)
