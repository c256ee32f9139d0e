"""Does not know that an authority can be limited to some domains."""

from tests.support.variants import overlooking

CAUGHT = {
    "tls/certificate-name-not-permitted[route=mx]": "unsafe",
}

deliver = overlooking("name not permitted to its issuer")
