"""Compares the names of issuers, and takes their signatures on trust."""

from tests.support.variants import overlooking

CAUGHT = {
    "tls/certificate-bad-signature[route=mx]": "unsafe",
    "tls/certificate-md5[route=smart-host]": "unsafe",
}

deliver = overlooking("bad signature", "MD5 signature")
