"""Passes on only the first line of a reply that has several."""

from dataclasses import replace

from mailfault.codes.failure import Failure
from mailfault.reference_client import DeliveryClient, MailHost, Result
from tests.support.variants import wrong

CAUGHT = {"smtp/multi-line-refusal[route=smart-host]": "misclassified"}


class Wrong(DeliveryClient):
    def result_of(self, error: Exception, stage: str, host: MailHost | None) -> Result:
        result = super().result_of(error, stage, host)
        if result.failure is not Failure.REMOTE_REPLY or result.reply is None or host is None:
            return result
        first = replace(result.reply, lines=result.reply.lines[:1])
        return replace(result, reply=first, text=first.text)


deliver = wrong(Wrong)
