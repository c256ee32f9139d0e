"""What the harness and the processes of a sandbox say to each other: one JSON object a packet, with descriptors.

The sockets are SOCK_SEQPACKET, so that a packet is a message. A reply has "error" where the request failed.
"""

import array
import json
import socket
import struct
from collections.abc import Sequence
from typing import Any

_LONGEST = 65536
_DESCRIPTORS = 64
_CREDENTIALS = struct.Struct("iii")
"""Process, user and group (struct ucred, unix(7))."""


class SandboxError(OSError):
    """Something could not be had inside the sandbox; the message is the system's own word for it."""


def send(channel: socket.socket, message: dict[str, Any], descriptors: Sequence[int] = ()) -> None:
    """Send one message. Raises OSError where nobody is there."""
    carried = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", descriptors))] if descriptors else []
    channel.sendmsg([json.dumps(message).encode()], carried)


def receive(channel: socket.socket) -> tuple[dict[str, Any], list[int]]:
    """The next message with its descriptors, which are the caller's to close. Raises EOFError where the other end is
    gone, TimeoutError where the channel has a limit and it passes."""
    try:
        data, ancillary, _, _ = channel.recvmsg(_LONGEST, socket.CMSG_SPACE(_DESCRIPTORS * 4))
    except ConnectionResetError:  # it ended with something of ours unread
        data, ancillary = b"", []
    descriptors: list[int] = []
    for level, kind, content in ancillary:
        if (level, kind) == (socket.SOL_SOCKET, socket.SCM_RIGHTS):
            numbers = array.array("i")
            numbers.frombytes(content[: len(content) - len(content) % numbers.itemsize])
            descriptors += numbers
    if not data:
        raise EOFError("the other end of the sandbox's channel is gone")
    return json.loads(data), descriptors


def tell_sender(channel: socket.socket) -> None:
    """Have each message that comes in say who sent it; to be asked for before it is sent."""
    channel.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)


def sender_of_next(channel: socket.socket) -> tuple[dict[str, Any], int]:
    """The next message, and the process that sent it by its number as it is seen from here. Senders are told no more
    after it. Raises as `receive`."""
    data, ancillary, _, _ = channel.recvmsg(_LONGEST, socket.CMSG_SPACE(_CREDENTIALS.size))
    channel.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 0)
    if not data:
        raise EOFError("the other end of the sandbox's channel is gone")
    credentials = next(
        content for level, kind, content in ancillary if (level, kind) == (socket.SOL_SOCKET, socket.SCM_CREDENTIALS)
    )
    return json.loads(data), _CREDENTIALS.unpack(credentials)[0]


def ask(
    channel: socket.socket, message: dict[str, Any], descriptors: Sequence[int] = ()
) -> tuple[dict[str, Any], list[int]]:
    """Send a request and wait for its reply. Raises SandboxError where it failed inside, EOFError, TimeoutError."""
    send(channel, message, descriptors)
    reply, carried = receive(channel)
    if "error" in reply:
        raise SandboxError(reply.get("errno", 0), str(reply["error"]))
    return reply, carried
