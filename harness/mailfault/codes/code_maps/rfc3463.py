"""The registered enhanced status codes: coarser than the article, one code for several failures."""

from mailfault.codes.code_map import CodeMap, StatusRow
from mailfault.codes.failure import Failure

_EXPIRED = "550 5.4.7 Delivery time expired"

PROFILE = CodeMap(
    name="rfc3463",
    title="Enhanced mail system status codes (RFC 3463, IANA registry)",
    rows=(
        StatusRow(
            failure=Failure.DNS_QUERY_FAILED,
            status="450 4.4.3 Directory server failure",
            source="RFC 3463 3.5, X.4.3; X.4.4 where no host could be determined",
            also=("4.4.4", "5.4.4", "5.1.2"),
            expired=_EXPIRED,
        ),
        StatusRow(
            failure=Failure.CONNECTION_TIMED_OUT,
            status="450 4.4.1 No answer from host",
            source="RFC 3463 3.5, X.4.1: did not answer, or not in time",
            expired=_EXPIRED,
        ),
        StatusRow(
            failure=Failure.CONNECTION_REFUSED,
            status="450 4.4.1 No answer from host",
            source="RFC 3463 3.5, X.4.1: the one code for all that ends before a conversation",
            expired=_EXPIRED,
        ),
        StatusRow(
            failure=Failure.CANNOT_CONNECT,
            status="450 4.3.2 System not accepting network messages",
            source="RFC 3463 3.4, X.3.2; X.7.4 where TLS is missing, X.7.5 where its handshake fails",
            also=("5.3.2", "4.7.0", "4.7.4", "4.7.5", "4.4.1", "4.7.6"),
            expired=_EXPIRED,
        ),
        StatusRow(
            failure=Failure.CONNECTION_CLOSED,
            status="450 4.4.2 Bad connection",
            source="RFC 3463 3.5, X.4.2: made, and could not complete",
            expired=_EXPIRED,
        ),
        StatusRow(
            failure=Failure.CERTIFICATE_INVALID,
            status="450 4.7.5 Cryptographic failure",
            source="RFC 3463 3.8, X.7.5",
            expired=_EXPIRED,
        ),
        StatusRow(
            failure=Failure.NO_MAIL_SERVICE,
            status="556 5.1.10 Recipient address has null MX",
            source="RFC 7505 4.1: 556 and 5.1.10; 5.1.0 (Postfix), 5.1.2 and 5.7.27 are seen too",
            also=("5.1.0", "5.1.2", "5.7.27"),
            expired="556 5.1.10 Recipient address has null MX",
        ),
        StatusRow(
            failure=Failure.POLICY_FAILED,
            status="450 4.7.0 Security or policy status",
            source="RFC 3463 3.8, X.7.0; X.7.5 for DANE (RFC 7672)",
            also=("4.7.5", "4.7.10"),
            expired=_EXPIRED,
        ),
        StatusRow(
            failure=Failure.PROTOCOL_ERROR,
            status="450 4.5.0 Protocol error",
            source="RFC 3463 3.6, X.5.0",
            also=("4.5.1", "4.5.2"),
            expired=_EXPIRED,
        ),
    ),
)
