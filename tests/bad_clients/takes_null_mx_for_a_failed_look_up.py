"""Keeps mail queued for a domain that says it never takes any."""

from mailfault.classify import Classified
from mailfault.codes.failure import Failure
from mailfault.reference_client import DeliveryClient
from mailfault.reference_client.resolve import NullMx
from tests.support.variants import wrong

CAUGHT = {"dns/null-mx": "misclassified"}


class Wrong(DeliveryClient):
    def classify(self, error: Exception, stage: str) -> Classified | None:
        if isinstance(error, NullMx):
            return Classified(failure=Failure.DNS_QUERY_FAILED, text=str(error))
        return super().classify(error, stage)


deliver = wrong(Wrong)
