"""Checks the dates of the host's own certificate and of none above it."""

from tests.support.variants import overlooking

CAUGHT = {
    "tls/certificate-expired-intermediate[route=mx]": "unsafe",
    "tls/certificate-intermediate-not-yet-valid[route=smart-host]": "unsafe",
}

deliver = overlooking("issuer expired", "issuer not yet valid")
