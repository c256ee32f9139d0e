"""The process that clients written in Python are forked from, each into the network of its world:
`python -m mailfault.clients.sandboxed.fork_server DESCRIPTOR`, started by the harness.

Everything is imported here once, so that a delivery costs a fork and not the start of an interpreter. It ends when the
harness does; what it forked ends with its world.
"""

import json
import os
import select
import signal
import socket
import sys
import traceback
from pathlib import Path
from typing import Any

from mailfault.clients.errors import ClientError
from mailfault.clients.process.result_json import result_to_json
from mailfault.clients.process.target_reader import target_of
from mailfault.clients.registry import load_adapters, open_client
from mailfault.clients.sandboxed.cpu_wait import waited_s
from mailfault.contract import Crashed
from mailfault.sandbox.message import receive, send
from mailfault.sandbox.namespaces import Namespaces


def serve(channel: socket.socket) -> None:
    """Take deliveries until the harness is gone. Each comes with a descriptor that is closed when it is over."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    send(channel, {"ready": True})
    while True:
        try:
            request, descriptors = receive(channel)
        except EOFError:
            return
        if os.fork() == 0:
            try:
                channel.close()
                _deliver_inside(request)
            except BaseException:
                Path(request["errors"]).write_text(traceback.format_exc())
            finally:
                os._exit(0)
        for one in descriptors:
            os.close(one)


def _deliver_inside(request: dict[str, Any]) -> None:
    """Enter the world, and have a child deliver there: only what is forked afterwards is in its process numbers."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    Namespaces(**request["entry"]).enter()
    child = os.fork()
    if child == 0:
        try:
            deliver(request["spec"], Path(request["told"]), Path(request["said"]))
        except BaseException:
            Path(request["errors"]).write_text(traceback.format_exc())
        finally:
            os._exit(0)
    watched = os.pidfd_open(child)
    poll = select.poll()
    poll.register(watched, select.POLLIN)
    if not poll.poll(request["limit_s"] * 1000):
        signal.pidfd_send_signal(watched, signal.SIGKILL)
    os.waitpid(child, 0)


def deliver(spec: str, told: Path, said: Path) -> None:
    """Deliver once: the target is read from one file, and how it ended written into another (JSON)."""
    data = json.loads(told.read_text())
    try:
        client = open_client(spec)
    except ClientError as error:
        ended = result_to_json(Crashed(str(error)))
    else:
        target, before_s = target_of(data), waited_s()
        ended = result_to_json(client.deliver(target, deadline_s=data["deadline_s"]))
        ended["cpu_wait_s"] = waited_s() - before_s
        client.close()
    said.write_text(json.dumps(ended))


if __name__ == "__main__":
    load_adapters()
    serve(socket.socket(fileno=int(sys.argv[1])))
