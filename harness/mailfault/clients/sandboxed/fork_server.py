"""The process that Python clients are forked from, each into the network of its world.

The harness starts it: `python -m mailfault.clients.sandboxed.fork_server DESCRIPTOR`. It imports everything once, so
that a delivery costs a fork and not the start of an interpreter. It ends with the harness; its children end with their
worlds.
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
from mailfault.clients.process.target_json import target_from_json
from mailfault.clients.registry import load_adapters, open_client
from mailfault.clients.sandboxed.cpu_wait import cpu_wait_s
from mailfault.contract import Crashed
from mailfault.sandbox.message import receive, send
from mailfault.sandbox.namespaces import Namespaces


def serve(channel: socket.socket) -> None:
    """Carry out deliveries until the harness ends. Each comes with a descriptor that is closed when it is over."""
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
        for descriptor in descriptors:
            os.close(descriptor)


def _deliver_inside(request: dict[str, Any]) -> None:
    """Enter the world and fork a child that delivers: only children are in the world's PID namespace."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    Namespaces(**request["entry"]).enter()
    child = os.fork()
    if child == 0:
        try:
            deliver(request["spec"], Path(request["target"]), Path(request["result"]))
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


def deliver(spec: str, target_file: Path, result_file: Path) -> None:
    """Deliver once: read the target from one JSON file, write the result into another."""
    data = json.loads(target_file.read_text())
    try:
        client = open_client(spec, in_process=True)
    except ClientError as error:
        result = result_to_json(Crashed(str(error)))
    else:
        target, before_s = target_from_json(data), cpu_wait_s()
        result = result_to_json(client.deliver(target, deadline_s=data["deadline_s"]))
        result["cpu_wait_s"] = cpu_wait_s() - before_s
        client.close()
    result_file.write_text(json.dumps(result))


if __name__ == "__main__":
    load_adapters()
    serve(socket.socket(fileno=int(sys.argv[1])))
