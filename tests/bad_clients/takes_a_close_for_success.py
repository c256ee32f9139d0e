"""Says delivered when the connection ends: it looks at its writes and never at the replies."""

from dataclasses import replace

from mailfault.codes.failure import Failure
from mailfault.reference_client import DeliveryClient, MailHost, Result
from tests.support.variants import wrong

CAUGHT = {"smtp/data-close[route=smart-host]": "unsafe", "smtp/ehlo-close[route=mx]": "unsafe"}


class Wrong(DeliveryClient):
    def result_of(self, error: Exception, stage: str, host: MailHost | None) -> Result:
        result = super().result_of(error, stage, host)
        return replace(result, outcome="delivered") if result.failure is Failure.CONNECTION_CLOSED else result


deliver = wrong(Wrong)
