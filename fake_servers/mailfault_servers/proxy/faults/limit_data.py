from collections.abc import Mapping
from typing import Annotated

from pydantic import Field

from mailfault_servers.fault import fault
from mailfault_servers.proxy.toxic_fault import ToxicFault


@fault
class LimitData(ToxicFault):
    """Close the connection once so many bytes have passed (Toxiproxy `limit_data`).

    A link that dies in a certain place: within the greeting, the TLS handshake, the message, or the last reply. Where
    the last reply is cut off the host has the mail and the client does not know.
    """

    after_bytes: Annotated[int, Field(ge=0)] = 0
    """Bytes that pass."""

    def attributes(self) -> Mapping[str, int]:
        return {"bytes": self.after_bytes}
