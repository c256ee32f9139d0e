from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated

from pydantic import Field

from mailfault_servers.action import Action
from mailfault_servers.fault import Event, Fault, fault
from mailfault_servers.tls.certificate import CertificateWanted, Present


@fault
class NulInName(Fault):
    """Present a certificate for the host's name, a NUL byte and another domain (CVE-2009-2408).

    Its owner has that other domain, and an authority that read the name from its end has signed it. A client that
    takes the NUL for the end of the name believes that it reached the host.
    """

    domain: Annotated[str, Field(pattern=r"^[a-z0-9-]+(?:\.[a-z0-9-]+)*$")] = "evil.example"
    """What comes behind the NUL."""

    def react(self, event: Event, honest: Sequence[Action]) -> Sequence[Action]:
        if not isinstance(event, CertificateWanted):
            return honest
        name = f"{event.host}\0.{self.domain}"
        return [Present(replace(one.spec, names=(name,))) if isinstance(one, Present) else one for one in honest]
