"""Takes a certificate for a server's that is not, and one with a rule in it that it does not understand."""

from tests.support.variants import overlooking

CAUGHT = {
    "tls/certificate-wrong-purpose[route=mx]": "unsafe",
    "tls/certificate-unknown-critical-extension[route=smart-host]": "unsafe",
}

deliver = overlooking("not for servers", "unknown critical extension")
