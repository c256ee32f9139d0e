"""Does not look at the certificate of the policy host."""

import ssl

from mailfault.reference_client import DeliveryClient
from mailfault.reference_client.mta_sts import PolicyFinder
from tests.support.variants import wrong

CAUGHT = {
    "policy/sts-policy-host-certificate-expired": "misclassified",
    "policy/sts-policy-host-certificate-wrong-name": "misclassified",
    "policy/sts-policy-host-certificate-unknown-authority": "misclassified",
    "policy/sts-policy-host-certificate-self-signed": "misclassified",
}


class Finder(PolicyFinder):
    def context(self) -> ssl.SSLContext:
        context = super().context()
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        return context


class Wrong(DeliveryClient):
    def policy_finder(self) -> PolicyFinder:
        return Finder(resolver=self.resolver(), settings=self.settings)


deliver = wrong(Wrong)
