"""What a domain's policy demands of a host, on top of what the connector does."""

import ssl
from datetime import datetime
from typing import Protocol


class PolicyError(Exception):
    """What the policy demands could not be had: nothing may be sent to this host."""

    def __init__(self, words: str, *, code: str | None = None) -> None:
        """`code` is the enhanced code that Microsoft gives it, "4.7.322", where it has one; it stands first."""
        super().__init__(f"{code} {words}" if code is not None else words)


class Demand(Protocol):
    """TLS, and whose. In clear nothing goes out where there is one."""

    @property
    def what(self) -> str:
        """Whose demand it is, in a word: "DANE"."""
        ...

    @property
    def no_tls_code(self) -> str:
        """Microsoft's code where the host does not offer STARTTLS."""
        ...

    @property
    def certificate_code(self) -> str:
        """Microsoft's code where the handshake fails because of the certificate."""
        ...

    @property
    def verified(self) -> bool:
        """Whether the certificate has to be valid for the host's name by the authorities that are trusted."""
        ...

    def check(self, tls: ssl.SSLObject, *, names: tuple[str, ...], now: datetime) -> None:
        """Look at the certificate after the handshake; `names` are those that it may be for. Raises PolicyError."""
        ...
