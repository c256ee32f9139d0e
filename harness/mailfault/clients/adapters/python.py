"""`python:package.module:function`: a callable `deliver(target: Target) -> Answer`, or a coroutine function.

It may also return the answer as the contract writes it in JSON (a dict). It declares the domain policies that it
follows in an attribute, `deliver.policies = ("dane", "mta-sts")`, and that it checks revocation lists in another,
`deliver.revocation = True`; or both in its profile. It refuses a target by raising Unsupported. An exception that it
raises is classified if it is a known one of smtplib, aiosmtplib, dnspython, ssl or socket; any other is a crash.
"""

from mailfault.clients.adapter import Adapter
from mailfault.clients.library.callable_client import USAGE, CallableClient

ADAPTER = Adapter(
    name="python",
    what="a function of yours, deliver(target) -> Answer, or a coroutine function",
    usage=USAGE,
    create=CallableClient.load,
)
