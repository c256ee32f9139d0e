"""A good delivery client of our own: resolves, delivers, and names failures. It does not know the harness.

Every decision is a method of `DeliveryClient`, of its `Resolver` or of its `Session`: a client that decides one thing
differently is a subclass that overrides one method.
"""

from mailfault.reference_client.client import DeliveryClient, deliver
from mailfault.reference_client.resolve import NullMx, Resolver
from mailfault.reference_client.result import Attempt, Result, Results
from mailfault.reference_client.session import Session
from mailfault.reference_client.settings import Envelope, MailHost, Settings

__all__ = [
    "Attempt",
    "DeliveryClient",
    "Envelope",
    "MailHost",
    "NullMx",
    "Resolver",
    "Result",
    "Results",
    "Session",
    "Settings",
    "deliver",
]
