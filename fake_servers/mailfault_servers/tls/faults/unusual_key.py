from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

from mailfault_servers.action import Action
from mailfault_servers.fault import Event, Fault, fault
from mailfault_servers.tls.certificate import CertificateWanted, Present


@fault
class UnusualKey(Fault):
    """Present a certificate whose key is of a kind that mail hosts seldom have.

    It is good. Honest hosts here have ECDSA keys on P-256; RSA with 2048 bits is what is found most.
    """

    kind: Literal["p-384", "p-521", "ed25519", "rsa-2048"] = "ed25519"
    """The kind of key (RFC 8422, RFC 8032, RFC 8017)."""

    def react(self, event: Event, honest: Sequence[Action]) -> Sequence[Action]:
        if not isinstance(event, CertificateWanted):
            return honest
        return [Present(replace(one.spec, key=self.kind)) if isinstance(one, Present) else one for one in honest]
