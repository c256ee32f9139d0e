"""A client that never returns."""

import time

from mailfault.contract import Answer, Target


def deliver(target: Target) -> Answer:
    time.sleep(3600)
    raise AssertionError(target)
