"""The server's part of the handshake breaks off, at every point where a reader may fail."""

from collections.abc import Iterator

from mailfault.codes.failure import Failure
from mailfault.contract import Route, TlsPolicy
from mailfault.scenario.family import member
from mailfault.scenario.model import Connector, Expect, Host, Scenario, Tolerated
from mailfault_servers.tls.faults.cut_flight import CutFlight

HOST = "mx1.dest.example"
PLACES = {
    1: "after its first byte",
    5: "after the header of its first record",
    60: "in its ServerHello",
    200: "behind its ServerHello",
    1000: "in its certificate",
}
ENDS = {"close": "closes", "reset": "resets"}
_CLOSED = Tolerated(
    failure=Failure.CONNECTION_CLOSED,
    because="The connection broke while TLS was being set up; a client that looks at the socket first says closed",
)


def scenarios() -> Iterator[Scenario]:
    for after, place in PLACES.items():
        for how, does in ENDS.items():
            yield Scenario(
                id=member(after=after, how=how),
                title=f"TLS is required, and the server {does} the connection {place}",
                why=(
                    "STARTTLS was agreed to and no handshake came of it, so there is no session for mail. Whatever "
                    "part of a certificate arrived, nothing can be said about it. The client keeps the mail."
                ),
                refs=("RFC 8446 2", "RFC 8446 5.1", "RFC 3207 4.1"),
                tags=("tls", "handshake"),
                connector=Connector(route=Route.SMART_HOST, tls=TlsPolicy.REQUIRED),
                host=(Host(name=HOST, faults=(CutFlight(after=after, how="close" if how == "close" else "reset"),)),),
                expect=Expect(failure=Failure.CANNOT_CONNECT, action="defer", tolerated=(_CLOSED,)),
            )
