"""The process that makes worlds, started by the harness: `python -m mailfault.sandbox.broker CHANNEL [user-namespace]`.

It takes the rights it needs, by a user namespace where the user has none, and forks the first process of each world.
It ends when the harness does, and everything in every world with it.
"""

import os
import signal
import socket
import sys
import traceback
from pathlib import Path

from mailfault.sandbox import init, wiring
from mailfault.sandbox.message import receive, send
from mailfault.sandbox.system import (
    CLONE_NEWNET,
    CLONE_NEWNS,
    CLONE_NEWPID,
    CLONE_NEWUSER,
    die_with_parent,
    enter,
    unshare,
)


def main(channel: socket.socket, *, as_anybody: bool = False) -> None:
    """Serve requests until the harness ends. `as_anybody`: do not use root's rights."""
    # No die_with_parent here: the kernel would act on the end of the harness's thread that started this process. The
    # channel's end comes with the harness's own.
    try:
        why_a_user_namespace = _take_rights(as_anybody=as_anybody)
        unshare(CLONE_NEWPID)
        # The broker proper is the first process of a new PID namespace. Only there may it return after each fork
        # (setns(2) requires rights over the namespace), and its end ends all worlds.
        pid = os.fork()
        if pid == 0:
            die_with_parent()
            wiring.prepare()
    except OSError as error:
        _refuse(channel, error)
        return
    if pid != 0:
        channel.close()
        os.waitpid(pid, 0)
        return
    send(channel, {"why_a_user_namespace": why_a_user_namespace})
    _serve(channel)


def _serve(channel: socket.socket) -> None:
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    own_pids = os.open("/proc/self/ns/pid", os.O_RDONLY | os.O_CLOEXEC)
    while True:
        try:
            request, descriptors = receive(channel)
        except EOFError:
            return
        try:
            _open_world(channel, socket.socket(fileno=descriptors[0]), Path(request["folder"]), own_pids)
        except OSError as error:
            _refuse(channel, error)
        else:
            send(channel, {})


def _refuse(channel: socket.socket, error: OSError) -> None:
    send(channel, {"error": error.strerror or str(error), "errno": error.errno})


def _take_rights(*, as_anybody: bool) -> str:
    """Get the rights to make namespaces. Returns the reason for a user namespace, "" if none was needed.

    Raises OSError.
    """
    why = "this user is not root"
    if os.geteuid() == 0:
        try:
            if as_anybody:
                raise PermissionError(0, "on request")
            unshare(CLONE_NEWNS | CLONE_NEWNET)
        except PermissionError as error:  # perhaps root of a container, which may make user namespaces only
            why = f"root may make no others here ({error.strerror})"
        else:
            return ""
    user, group = os.geteuid(), os.getegid()
    unshare(CLONE_NEWUSER)
    Path("/proc/self/setgroups").write_text("deny")
    Path("/proc/self/uid_map").write_text(f"0 {user} 1")
    Path("/proc/self/gid_map").write_text(f"0 {group} 1")
    unshare(CLONE_NEWNS | CLONE_NEWNET)
    return why


def _open_world(channel: socket.socket, worlds: socket.socket, folder: Path, own_pids: int) -> None:
    """Fork the first process of a world, in a new PID namespace. Raises OSError."""
    with worlds:
        unshare(CLONE_NEWPID)
        if os.fork() == 0:
            status = 1
            try:
                channel.close()
                init.main(worlds, folder)
                status = 0
            except BaseException:
                traceback.print_exc()
            finally:
                os._exit(status)
        enter(own_pids, CLONE_NEWPID)


if __name__ == "__main__":
    main(socket.socket(fileno=int(sys.argv[1])), as_anybody="user-namespace" in sys.argv[2:])
