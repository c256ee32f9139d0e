"""A copy of this machine's file system with some files more, for agents whose folders are compiled in.

The file system becomes the lower layer of an overlayfs, and the agent's files are its upper layer. All that the agent
writes disappears afterwards; nothing of this machine is changed. Needs root, and a mount namespace, which `run_until`
creates.
"""

import shlex
from collections.abc import Sequence
from pathlib import Path

_DEVICES = ("null", "zero", "full", "random", "urandom", "tty")
_FILES_OF_THE_WORLD = ("/etc/resolv.conf", "/etc/hosts", "/etc/nsswitch.conf")
"""Files that the sandbox has mounted over those of the system. An overlayfs shows the files below the mounts."""
_LAYOUT = """set -e
m={spool}/machine
mkdir $m
mount -t tmpfs -o mode=755 tmpfs $m
mkdir $m/upper $m/work $m/root
for layer in {layers}; do cp -a "$layer/." $m/upper/; done
mount -t overlay -o lowerdir=/,upperdir=$m/upper,workdir=$m/work overlay $m/root
mount -t proc proc $m/root/proc
mount -t tmpfs -o mode=755 tmpfs $m/root/dev
for device in {devices}; do : > $m/root/dev/$device; mount --bind /dev/$device $m/root/dev/$device; done
[ ! -S {spool}/syslog ] || ln -s {spool}/syslog $m/root/dev/log
for file in {files}; do rm -f $m/root$file; cat $file > $m/root$file; done
mkdir -p $m/root{spool}
mount --bind {spool} $m/root{spool}
{first}
exec chroot $m/root {command} < {stdin}
"""


def in_overlay_root(
    layers: Sequence[Path],
    command: Sequence[str],
    *,
    spool: Path,
    first: Sequence[Sequence[str]] = (),
    stdin: Path = Path("/dev/null"),
) -> list[str]:
    """Return the argument list that starts `command` with the files of these folders laid over those of this machine:
    "layer/etc/x" becomes /etc/x. `spool` keeps its path, and a socket "syslog" in it becomes /dev/log. The commands
    `first` run there before."""
    script = _LAYOUT.format(
        spool=shlex.quote(str(spool)),
        layers=shlex.join(str(layer) for layer in layers),
        devices=shlex.join(_DEVICES),
        files=shlex.join(_FILES_OF_THE_WORLD),
        first="\n".join(f"chroot $m/root {shlex.join(arguments)}" for arguments in first),
        command=shlex.join(command),
        stdin=shlex.quote(str(stdin)),
    )
    return ["sh", "-c", script]
