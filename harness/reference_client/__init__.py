"""A good delivery client of our own: resolves, delivers, and names what went wrong. It does not know the harness."""

from harness.reference_client.client import DeliveryClient, deliver
from harness.reference_client.result import Attempt, Result
from harness.reference_client.settings import Envelope, MailHost, Settings

__all__ = ["Attempt", "DeliveryClient", "Envelope", "MailHost", "Result", "Settings", "deliver"]
