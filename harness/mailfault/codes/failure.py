"""The failure classes that the article distinguishes, plus those that RFCs add."""

from enum import StrEnum


class Failure(StrEnum):
    """A reason why a delivery ended between a sender and a mail host."""

    DNS_QUERY_FAILED = "dns-query-failed"
    CONNECTION_TIMED_OUT = "connection-timed-out"
    CONNECTION_REFUSED = "connection-refused"
    CANNOT_CONNECT = "cannot-connect"
    CONNECTION_CLOSED = "connection-closed"
    CERTIFICATE_INVALID = "certificate-invalid"
    REMOTE_REPLY = "remote-reply"
    NO_MAIL_SERVICE = "no-mail-service"
    POLICY_FAILED = "policy-failed"
    PROTOCOL_ERROR = "protocol-error"
    MESSAGE_NOT_TRANSFERABLE = "message-not-transferable"
    """The client does not send the message, because it needs an extension that the host does not offer."""
