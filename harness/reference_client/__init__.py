"""A good delivery client of our own: resolves, delivers, and names what went wrong. It does not know the harness.

Every decision is a method of `DeliveryClient`, of its `Resolver` or of its `Session`: a client that decides one thing
otherwise is a subclass that overrides one method.
"""

from harness.reference_client.client import DeliveryClient, deliver
from harness.reference_client.resolve import NullMx, Resolver
from harness.reference_client.result import Attempt, Result, Results
from harness.reference_client.session import Session
from harness.reference_client.settings import Envelope, MailHost, Settings

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
