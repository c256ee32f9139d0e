"""Says that the delivery failed because QUIT did, though the message had been accepted."""

import aiosmtplib

from mailfault.reference_client import DeliveryClient
from mailfault.reference_client.result import Results
from mailfault.reference_client.session import Session
from mailfault_servers.smtp.reply import Stage
from tests.support.variants import wrong

CAUGHT = {"smtp/quit-421": "unsafe", "smtp/quit-close": "unsafe", "tls/no-close-notify[tls=verified]": "unsafe"}


class Wrong(DeliveryClient):
    async def leave(self, session: Session, results: Results) -> Results:
        try:
            await session.quit()
        except (aiosmtplib.SMTPException, OSError) as error:
            return dict.fromkeys(results, self.result_of(error, Stage.QUIT, session.host))
        return results


deliver = wrong(Wrong)
