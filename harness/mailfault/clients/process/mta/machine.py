"""A machine that looks like this one with some files more: for agents whose folders cannot be told.

The whole file system is laid under a temporary one (overlayfs), and the agent's files are in it where it looks for
them. All that it writes is gone afterwards; nothing of this machine is changed. Needs root, and a mount namespace:
`run_until` gives one.
"""

import shlex
from collections.abc import Sequence
from pathlib import Path

_DEVICES = ("null", "zero", "full", "random", "urandom", "tty")
_OF_THE_WORLD = ("/etc/resolv.conf", "/etc/hosts", "/etc/nsswitch.conf")
"""Files that the sandbox has laid over those of the system: overlayfs sees what is below them."""
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


def on_a_machine_with(
    layers: Sequence[Path],
    command: Sequence[str],
    *,
    spool: Path,
    first: Sequence[Sequence[str]] = (),
    stdin: Path = Path("/dev/null"),
) -> list[str]:
    """The argument list that starts `command` where the files of these folders are laid over those of this machine:
    "layer/etc/x" is its /etc/x. `spool` is there under its own name; a socket "syslog" in it is /dev/log. `first` are
    commands to be run there before."""
    script = _LAYOUT.format(
        spool=shlex.quote(str(spool)),
        layers=shlex.join(str(one) for one in layers),
        devices=shlex.join(_DEVICES),
        files=shlex.join(_OF_THE_WORLD),
        first="\n".join(f"chroot $m/root {shlex.join(one)}" for one in first),
        command=shlex.join(command),
        stdin=shlex.quote(str(stdin)),
    )
    return ["sh", "-c", script]
