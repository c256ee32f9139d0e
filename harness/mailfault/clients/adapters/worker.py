"""`worker:./send-worker`: a program that is started once and reads each target as one line of JSON.

    harness  {"hello": {"contract": 1}}
    worker   {"hello": {"contract": 1}}
    harness  {"target": {...}}
    worker   {"answer": {"outcome": "delivered"}}      or {"unsupported": "the reason"}

Targets come one at a time. A worker that hangs or dies is ended, and started again for the next target.
"""

from mailfault.clients.adapter import Adapter
from mailfault.clients.process.worker_client import WorkerClient

ADAPTER = Adapter(
    name="worker",
    what="any program, started once, one line of JSON for each delivery",
    usage="./send-worker",
    create=lambda command, profile: WorkerClient(command, profile=profile),
)
