from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated

from pydantic import Field

from mailfault_servers.action import Action
from mailfault_servers.dns.query import DnsFault, Query
from mailfault_servers.dns.tlsa import honest_tlsa, respond_tlsa
from mailfault_servers.fault import fault


@fault
class TlsaUnusable(DnsFault):
    """Answer with TLSA records of a kind that SMTP clients ignore, and that match nothing.

    Usages PKIX-TA(0) and PKIX-EE(1), unknown selectors and unknown matching types are unusable (RFC 7672 3.1.3). Where
    all are, TLS is still mandatory, with any certificate; where one is usable, it alone counts.
    """

    usage: Annotated[int, Field(ge=0, le=255)] = 1
    """The certificate usage that they have."""
    selector: Annotated[int, Field(ge=0, le=255)] = 1
    """Their selector; known are 0 and 1."""
    matching: Annotated[int, Field(ge=0, le=255)] = 1
    """Their matching type; known are 0, 1 and 2."""
    records: Annotated[int, Field(ge=1)] | None = None
    """Number of unusable records, from the first on. Absent: all."""

    def answer(self, query: Query, honest: Sequence[Action]) -> Sequence[Action]:
        found = honest_tlsa(query)
        if not found:
            return honest
        count = len(found) if self.records is None else self.records
        wrong = [
            replace(record, usage=self.usage, selector=self.selector, matching=self.matching, data="00" * 32)
            for record in found[:count]
        ]
        return (respond_tlsa(query, (*wrong, *found[count:])),)
