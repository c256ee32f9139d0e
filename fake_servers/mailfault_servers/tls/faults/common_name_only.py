from collections.abc import Sequence
from dataclasses import replace

from mailfault_servers.action import Action
from mailfault_servers.fault import Event, Fault, fault
from mailfault_servers.tls.certificate import CertificateWanted, Present


@fault
class CommonNameOnly(Fault):
    """Present a certificate that has its name in the subject alone, as was usual before 2000 (RFC 6125 6.4.4).

    There is no subject alternative name. RFC 6125 lets a client fall back on the common name, RFC 9525 no longer does.
    Go, browsers and careful clients refuse it; OpenSSL accepts it unless told otherwise.
    """

    def react(self, event: Event, honest: Sequence[Action]) -> Sequence[Action]:
        if not isinstance(event, CertificateWanted):
            return honest
        return [
            Present(replace(one.spec, names=(), common_name=event.host)) if isinstance(one, Present) else one
            for one in honest
        ]
