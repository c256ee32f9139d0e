"""Takes what stands in the buffer for a reply, whether its line has ended or not."""

import contextlib

import aiosmtplib

from mailfault.reference_client import DeliveryClient, MailHost, Session
from mailfault_servers.smtp.reply import SmtpReply, Stage
from tests.support.variants import wrong

CAUGHT = {"smtp/end-of-data-unfinished-then-close": "misclassified"}


class Hasty(Session):
    async def message(self, message: bytes) -> SmtpReply:
        connection = self._connected()
        with contextlib.suppress(Exception):
            return await super().message(message)
        if bytes(connection._buffer).startswith(b"250"):
            return SmtpReply.parse(bytes(connection._buffer).decode())
        raise aiosmtplib.SMTPServerDisconnected(f"closed at {Stage.END_OF_DATA}")


class Wrong(DeliveryClient):
    def session(self, host: MailHost) -> Session:
        return Hasty(host, self.settings)


deliver = wrong(Wrong)
