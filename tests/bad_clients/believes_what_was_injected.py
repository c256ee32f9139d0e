"""Keeps what it read behind the 220, and takes it after the handshake for what came under TLS."""

import ssl

import aiosmtplib
from aiosmtplib.protocol import SMTPProtocol

from mailfault.reference_client import DeliveryClient, MailHost
from mailfault.reference_client.session import Session, _accept
from mailfault_servers.smtp.reply import SmtpReply
from tests.support.variants import wrong

CAUGHT = {
    "tls/injected-refusal[tls=required]": "misclassified",
    "tls/injected-refusal[tls=verified]": "misclassified",
}


class Keeping(Session):
    def __init__(self, *arguments: object) -> None:
        super().__init__(*arguments)  # type: ignore[arg-type]
        self.kept: list[str] = []

    async def start_tls(self, context: ssl.SSLContext) -> None:
        connection = self._connected()
        heard = bytearray()

        def data_received(data: bytes) -> None:
            heard.extend(data)
            SMTPProtocol.data_received(connection, data)

        connection.data_received = data_received  # type: ignore[method-assign]
        try:
            await super().start_tls(context)
        finally:
            del connection.data_received
        self.kept = heard.decode().splitlines()[1:]

    async def command(self, verb: str, *arguments: str, expected: int = 2) -> SmtpReply:
        if not self.kept:
            return await super().command(verb, *arguments, expected=expected)
        line = self.kept.pop(0)
        return _accept(aiosmtplib.SMTPResponse(int(line[:3]), line[4:]), expected)


class Wrong(DeliveryClient):
    def session(self, host: MailHost) -> Session:
        return Keeping(host, self.settings)


deliver = wrong(Wrong)
