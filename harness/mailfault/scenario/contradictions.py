"""Faults of one host that exclude each other."""

from collections.abc import Iterable
from itertools import combinations

from mailfault_servers.fault import Fault
from mailfault_servers.smtp.stage_fault import StageFault


def check_host_faults(faults: Iterable[Fault]) -> None:
    """Raise ValueError for a fault that can never act because another one answers in its place."""
    smtp = [fault for fault in faults if fault.layer == "smtp"]
    replies = [fault for fault in smtp if fault.id == "smtp.reply" and _is_always_due(fault)]
    for reply in replies:
        for fault in smtp:
            if _changes_the_reply(fault) and _stage(fault) == _stage(reply) and _covers(reply, fault):
                raise ValueError(
                    f"{fault.id} at {_stage(reply)!r} never acts: it changes the reply of a host that did what was "
                    "asked, and smtp.reply answers before that. Write smtp.reworded-reply in place of smtp.reply"
                )
    for first, second in combinations(replies, 2):
        same = (_stage(first), _recipient(first)) == (_stage(second), _recipient(second))
        if same and (_covers(first, second) or _covers(second, first)):
            raise ValueError(f"two smtp.reply answer {_stage(first)!r}; leave one out, or give each its own 'attempts'")


def _stage(fault: Fault) -> str | None:
    stage = getattr(fault, "at", None)
    return None if stage is None else str(stage)


def _recipient(fault: Fault) -> str | None:
    recipient: str | None = getattr(fault, "recipient", None)
    return recipient


def _is_always_due(fault: Fault) -> bool:
    return fault.times is None and fault.until is None


def _covers(reply: Fault, fault: Fault) -> bool:
    """Return whether `reply` acts wherever `fault` could."""
    if _recipient(reply) not in (None, _recipient(fault)):
        return False
    return reply.attempts is None or (fault.attempts is not None and set(fault.attempts) <= set(reply.attempts))


def _changes_the_reply(fault: Fault) -> bool:
    """Return whether it acts on a reply that is ready, and on nothing before it."""
    return isinstance(fault, StageFault) and type(fault).on_command is StageFault.on_command
