"""`command:./send --to {recipient}`: any program, one process for each delivery, told by its environment.

It answers with one JSON object on stdout or in the file MAILFAULT_RESULT and exits with 0; status 127 means that it
does not support the target. A program that only exits and prints is read through a client profile.
"""

from mailfault.clients.adapter import Adapter
from mailfault.clients.process.command_client import CommandClient
from mailfault.clients.process.command_line import USAGE

ADAPTER = Adapter(
    name="command",
    what="any program, one process for each delivery, told by its environment",
    usage=USAGE,
    create=lambda command, profile: CommandClient(command, profile=profile),
)
