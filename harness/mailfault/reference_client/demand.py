"""Demands of a domain's policy on a host, in addition to those of the connector."""

import ssl
from datetime import datetime
from typing import Protocol


class PolicyError(Exception):
    """A host does not meet the policy: nothing may be sent to it."""

    def __init__(self, words: str, *, code: str | None = None) -> None:
        """`code` is Microsoft's enhanced code, "4.7.322", if there is one. It is put before the words."""
        super().__init__(f"{code} {words}" if code is not None else words)


class Demand(Protocol):
    """A demand for TLS with a certain certificate. Nothing is sent in clear under a demand."""

    @property
    def what(self) -> str:
        """Name of the policy: "DANE"."""
        ...

    @property
    def no_tls_code(self) -> str:
        """Microsoft's code if the host does not offer STARTTLS."""
        ...

    @property
    def certificate_code(self) -> str:
        """Microsoft's code if the handshake fails because of the certificate."""
        ...

    @property
    def verified(self) -> bool:
        """The certificate has to be valid for the host's name, from a trusted authority."""
        ...

    def check(self, tls: ssl.SSLObject, *, names: tuple[str, ...], now: datetime) -> None:
        """Check the certificate after the handshake; `names` are the acceptable ones. Raises PolicyError."""
        ...
