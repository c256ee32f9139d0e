import hashlib
from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated

from pydantic import Field

from mailfault_servers.action import Action
from mailfault_servers.dns.query import DnsFault, Query
from mailfault_servers.dns.tlsa import honest_tlsa, respond_tlsa
from mailfault_servers.fault import fault

_LENGTHS = {1: 32, 2: 64}


@fault
class TlsaMismatch(DnsFault):
    """Answer with TLSA records that match another key than the host's.

    The certificate was renewed with a new key and the record was left behind, or somebody stands in between: the client
    cannot tell. Where none of the records matches it must not send (RFC 7672 2.2); where one does, the others do not
    matter.
    """

    records: Annotated[int, Field(ge=1)] | None = None
    """Number of wrong records, from the first on. Absent: all."""

    def answer(self, query: Query, honest: Sequence[Action]) -> Sequence[Action]:
        found = honest_tlsa(query)
        if not found:
            return honest
        count = len(found) if self.records is None else self.records
        wrong = [replace(record, data=_other(record.data, record.matching)) for record in found[:count]]
        return (respond_tlsa(query, (*wrong, *found[count:])),)


def _other(data: str, matching: int) -> str:
    """Another digest of that length; of whole data (matching type 0) the same with another last byte, which ends the
    signature: a client that could not read the certificate would not use the record (RFC 7671 10.1.1)."""
    if matching in _LENGTHS:
        return hashlib.sha512(data.encode()).hexdigest()[: 2 * _LENGTHS[matching]]
    return f"{data[:-2]}{int(data[-2:], 16) ^ 1:02x}"
