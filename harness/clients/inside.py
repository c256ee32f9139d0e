"""`python -m harness.clients.inside SPEC TARGET ENDED`: one delivery by a client that runs in Python, where this process
was started. Reads the target from one file (JSON) and writes how it ended into another."""

import json
import sys
from pathlib import Path

from harness.clients import ClientError, open_client
from harness.clients.moved import json_of_end
from harness.clients.target_read import target_of
from harness.contract import Crashed


def main(spec: str, target: Path, ended: Path) -> None:
    """Deliver once."""
    told = json.loads(target.read_text())
    try:
        client = open_client(spec)
    except ClientError as error:
        end = json_of_end(Crashed(str(error)))
    else:
        end = json_of_end(client.deliver(target_of(told), deadline_s=told["deadline_s"]))
        client.close()
    ended.write_text(json.dumps(end))


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]))
