"""Follows signatures to the root, and never asks whether those who signed may."""

from tests.support.variants import overlooking

CAUGHT = {
    "tls/certificate-issuer-no-authority[route=mx]": "unsafe",
    "tls/certificate-path-length-exceeded[route=smart-host]": "unsafe",
}

deliver = overlooking("issuer is no authority", "path too long for its issuer")
