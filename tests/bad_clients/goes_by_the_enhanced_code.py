"""Lets the enhanced code decide whether a refusal is for good, where it contradicts the basic one."""

from dataclasses import replace

from mailfault.reference_client import DeliveryClient, MailHost, Result
from tests.support.variants import wrong

CAUGHT = {"smtp/451-with-a-permanent-enhanced-code": "misclassified"}


class Wrong(DeliveryClient):
    def result_of(self, error: Exception, stage: str, host: MailHost | None) -> Result:
        result = super().result_of(error, stage, host)
        enhanced = result.reply.enhanced if result.reply is not None else None
        if enhanced is None:
            return result
        return replace(result, outcome="failed" if enhanced.startswith("5") else "deferred")


deliver = wrong(Wrong)
