"""`python:package.module:function`: a callable `deliver(target: Target) -> Answer`, or a coroutine function.

It runs in a process of its own. `python@PATH:package.module:function` names the interpreter, or the folder of a virtual
environment, so that two versions of one library stand side by side.

It may also return the answer as the contract writes it in JSON (a dict). It declares the domain policies that it
follows in an attribute, `deliver.policies = ("dane", "mta-sts")`, and that it checks revocation lists in another,
`deliver.revocation = True`; or both in its profile. It refuses a target by raising Unsupported. An exception that it
raises is classified if it is a known one of smtplib, aiosmtplib, dnspython, ssl or socket; any other is a crash.
"""

from mailfault.clients.adapter import Adapter, PythonUse
from mailfault.clients.client import Client
from mailfault.clients.client_profile import ClientProfile
from mailfault.clients.library.call import USAGE
from mailfault.clients.library.callable_client import CallableClient
from mailfault.clients.process.python_client import PythonClient


def create(function: str, profile: ClientProfile | None, use: PythonUse) -> Client:
    """Open the client in its own process, or in this one. Raises ClientError."""
    if use.in_process:
        return CallableClient.load(function, profile)
    return PythonClient(function, python=use.python, profile=profile)


ADAPTER = Adapter(
    name="python",
    what="a function of yours, deliver(target) -> Answer, or a coroutine function",
    usage=USAGE,
    create=lambda function, profile: create(function, profile, PythonUse()),
    create_with=create,
)
