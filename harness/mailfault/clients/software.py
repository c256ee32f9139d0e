"""The Python interpreter of a client and the versions of the mail libraries that it has loaded."""

import importlib.metadata
import platform
import sys
from typing import Any

from mailfault.clients.placement import Placement, placement_of

_DISTRIBUTIONS = {
    "aiodns": "aiodns",
    "aiohttp": "aiohttp",
    "aiosmtplib": "aiosmtplib",
    "anyio": "anyio",
    "certifi": "certifi",
    "cryptography": "cryptography",
    "django": "Django",
    "dkim": "dkimpy",
    "dns": "dnspython",
    "emails": "emails",
    "flask_mail": "Flask-Mail",
    "flask_mailman": "Flask-Mailman",
    "h11": "h11",
    "httpx": "httpx",
    "idna": "idna",
    "mailer": "mailer",
    "OpenSSL": "pyOpenSSL",
    "postfix_mta_sts_resolver": "postfix-mta-sts-resolver",
    "pycares": "pycares",
    "redmail": "redmail",
    "requests": "requests",
    "salmon": "salmon-mail",
    "trio": "trio",
    "twisted": "Twisted",
    "uvloop": "uvloop",
    "yagmail": "yagmail",
}
"""Modules that decide how mail is sent, names are looked up and certificates are checked, with their distributions."""


def software_of_this_process() -> dict[str, Any]:
    """Return the interpreter of this process, its version, and the versions of the mail libraries loaded so far."""
    libraries = {name: _version(module, name) for module, name in _DISTRIBUTIONS.items() if module in sys.modules}
    if "ssl" in sys.modules:
        libraries["OpenSSL (ssl)"] = str(sys.modules["ssl"].OPENSSL_VERSION)
    return {
        "interpreter": sys.executable,
        "implementation": platform.python_implementation(),
        "python": platform.python_version(),
        "libraries": dict(sorted(libraries.items())),
    }


def software_of(client: object) -> dict[str, Any]:
    """Return the software that a client declares in `software`, or that of this process if the client runs in it.

    Return an empty one for a program.
    """
    declared = getattr(client, "software", None)
    if isinstance(declared, dict):
        return declared
    in_this_process = placement_of(client) in (Placement.IN_PROCESS, Placement.REOPENABLE)
    return software_of_this_process() if in_this_process else {}


def _version(module: str, distribution: str) -> str:
    try:
        return importlib.metadata.version(distribution)
    except importlib.metadata.PackageNotFoundError:
        return str(getattr(sys.modules[module], "__version__", "of unknown version"))
