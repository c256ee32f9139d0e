from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Annotated

from pydantic import Field

from mailfault_servers.action import Action
from mailfault_servers.fault import Event, Fault, fault
from mailfault_servers.tls.certificate import CertificateWanted, Present


@fault
class LongValidity(Fault):
    """Present a certificate that is valid for many years (RFC 5280 4.1.2.5).

    Browsers refuse what is valid for more than 398 days. That is a rule of theirs for public authorities, and mail has
    none: the certificate is good.
    """

    days: Annotated[int, Field(ge=91, le=36500)] = 3650
    """From its first day to its last."""

    def react(self, event: Event, honest: Sequence[Action]) -> Sequence[Action]:
        if not isinstance(event, CertificateWanted):
            return honest
        return [
            Present(replace(one.spec, not_after=one.spec.not_before + timedelta(days=self.days)))
            if isinstance(one, Present)
            else one
            for one in honest
        ]
