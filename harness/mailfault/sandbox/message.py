"""Messages between the harness and the processes of a sandbox: one JSON object a packet, with descriptors.

The sockets are SOCK_SEQPACKET, so a packet is a message. The reply to a failed request has the key "error".
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
    """A request failed inside the sandbox. The message is the system's."""


def send(channel: socket.socket, message: dict[str, Any], descriptors: Sequence[int] = ()) -> None:
    """Send one message. Raises OSError if the other end is closed."""
    ancillary = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", descriptors))] if descriptors else []
    channel.sendmsg([json.dumps(message).encode()], ancillary)


def receive(channel: socket.socket) -> tuple[dict[str, Any], list[int]]:
    """Return the next message with its descriptors, which the caller closes.

    Raises EOFError if the other end is closed, TimeoutError after the channel's time limit.
    """
    try:
        data, ancillary, _, _ = channel.recvmsg(_LONGEST, socket.CMSG_SPACE(_DESCRIPTORS * 4))
    except ConnectionResetError:  # it ended before it read all messages
        data, ancillary = b"", []
    descriptors: list[int] = []
    for level, kind, content in ancillary:
        if (level, kind) == (socket.SOL_SOCKET, socket.SCM_RIGHTS):
            numbers = array.array("i")
            numbers.frombytes(content[: len(content) - len(content) % numbers.itemsize])
            descriptors += numbers
    if not data:
        raise EOFError("the other end of the sandbox's channel is closed")
    return json.loads(data), descriptors


def enable_credentials(channel: socket.socket) -> None:
    """Attach the sender's process number to incoming messages. Call it before the message is sent."""
    channel.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)


def receive_with_sender(channel: socket.socket) -> tuple[dict[str, Any], int]:
    """Return the next message and its sender's process number in this namespace, then disable credentials.

    Raises as `receive`.
    """
    data, ancillary, _, _ = channel.recvmsg(_LONGEST, socket.CMSG_SPACE(_CREDENTIALS.size))
    channel.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 0)
    if not data:
        raise EOFError("the other end of the sandbox's channel is closed")
    credentials = next(
        content for level, kind, content in ancillary if (level, kind) == (socket.SOL_SOCKET, socket.SCM_CREDENTIALS)
    )
    return json.loads(data), _CREDENTIALS.unpack(credentials)[0]


def ask(
    channel: socket.socket, message: dict[str, Any], descriptors: Sequence[int] = ()
) -> tuple[dict[str, Any], list[int]]:
    """Send a request and return its reply. Raises SandboxError if it failed inside, EOFError, TimeoutError."""
    send(channel, message, descriptors)
    reply, received = receive(channel)
    if "error" in reply:
        raise SandboxError(reply.get("errno", 0), str(reply["error"]))
    return reply, received
