"""Microsoft 365 connectors, as the article "Mail flow intelligence" tells failures apart."""

from mailfault.codes.code_map import CodeMap, StatusRow
from mailfault.codes.failure import Failure

_ARTICLE = "Microsoft, Mail flow intelligence in Exchange Online"

PROFILE = CodeMap(
    name="microsoft-365",
    title="Microsoft 365 connectors (mail flow intelligence)",
    rows=(
        StatusRow(
            failure=Failure.DNS_QUERY_FAILED,
            status="450 4.4.312 DNS query failed",
            source=f"{_ARTICLE}, 450 4.4.312",
            also=("5.4.312", "5.4.310"),
            expired="550 5.4.312 Message expired, DNS query failed",
        ),
        StatusRow(
            failure=Failure.CONNECTION_TIMED_OUT,
            status="450 4.4.315 Connection timed out",
            source=f"{_ARTICLE}, 450 4.4.315",
            also=("5.4.315",),
            expired="550 5.4.315 Message expired, connection timed out",
        ),
        StatusRow(
            failure=Failure.CONNECTION_REFUSED,
            status="450 4.4.316 Connection refused",
            source=f"{_ARTICLE}, 450 4.4.316",
            also=("5.4.316",),
            expired="550 5.4.316 Message expired, connection refused",
        ),
        StatusRow(
            failure=Failure.CANNOT_CONNECT,
            status="450 4.4.317 Cannot connect to remote server",
            source=f"{_ARTICLE}, 450 4.4.317",
            also=("5.4.317",),
            expired="550 5.4.317 Message expired, cannot connect to remote server",
        ),
        StatusRow(
            failure=Failure.CONNECTION_CLOSED,
            status="450 4.4.318 Connection was closed abruptly",
            source=f"{_ARTICLE}, 450 4.4.318",
            also=("5.4.318",),
            expired="550 5.4.318 Message expired, connection was closed abruptly",
        ),
        StatusRow(
            failure=Failure.CERTIFICATE_INVALID,
            status="450 4.7.320 Certificate validation failed",
            source=f"{_ARTICLE}, 450 4.7.320",
            also=("5.7.320",),
            expired="550 5.7.320 Message expired, certificate validation failed",
        ),
        StatusRow(
            failure=Failure.NO_MAIL_SERVICE,
            status="556 5.1.10 Recipient address has null MX",
            source="RFC 7505 4.1: 556 and 5.1.10",
            also=("5.1.0", "5.1.2", "5.7.27"),
            expired="556 5.1.10 Recipient address has null MX",
        ),
        StatusRow(
            failure=Failure.POLICY_FAILED,
            status="450 4.7.323 The recipient domain's policy was not met",
            source="Microsoft, How SMTP DANE works: 4.7.321 to 4.7.325; MTA-STS: 4.4.8",
            also=(
                *("4.7.321", "4.7.322", "4.7.324", "4.7.325", "4.4.8"),
                *("5.7.321", "5.7.322", "5.7.323", "5.7.324", "5.7.325", "5.4.8"),
            ),
            kinds=(
                "450 4.7.321 STARTTLS not supported",
                "450 4.7.322 Certificate expired",
                "450 4.7.323 TLSA invalid",
                "450 4.7.324 DNSSEC invalid",
                "450 4.7.325 Certificate host mismatch",
                "450 4.4.8 MTA-STS policy not met",
            ),
            expired="550 5.7.323 Message expired, the recipient domain's policy was not met",
        ),
        StatusRow(
            failure=Failure.PROTOCOL_ERROR,
            status="450 4.5.0 Protocol error",
            source="RFC 3463 3.6, X.5.0; the article's are 4.4.317 before MAIL and 4.4.318 after",
            also=("4.5.1", "4.5.2", "5.5.0"),
            expired="550 5.5.0 Message expired, protocol error",
        ),
    ),
)
