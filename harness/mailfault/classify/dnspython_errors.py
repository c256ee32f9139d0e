"""Exceptions of dnspython, recognised by class name: it need not be installed."""

from mailfault.classify.classified import Classified, Weighed, Weight
from mailfault.codes.failure import Failure


def classify_dnspython(error: BaseException, stage: str | None) -> Weighed | None:
    """Classify any failed look-up as dns-query-failed. NXDOMAIN is temporary too: domains come back (Microsoft 365)."""
    kinds = {f"{kind.__module__}.{kind.__qualname__}" for kind in type(error).__mro__}
    if "dns.exception.DNSException" not in kinds:
        return None
    return Classified(failure=Failure.DNS_QUERY_FAILED, text=str(error) or type(error).__name__), Weight.DECISIVE
