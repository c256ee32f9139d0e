import json
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[3]


def test_table(mailfault: Any) -> None:
    told = mailfault("list", "--scenarios", "stories")
    assert told.exit_code == 0, told.output
    lines = told.stdout.splitlines()
    assert lines[0].split() == ["id", "a", "correct", "client", "reports", "title"]
    assert lines[2].split("  ")[0] == "connect/refused"
    assert "connection-refused, defer" in lines[2]
    assert lines[2].endswith("Nothing listens")
    assert lines[-1].startswith("3 scenarios")


def test_json(mailfault: Any, workplace: Path) -> None:
    told = mailfault("list", "--format", "json", "--scenarios", "stories", "tag:quick")
    assert told.exit_code == 0, told.output
    assert json.loads(told.stdout) == [
        {
            "id": "connect/refused",
            "title": "Nothing listens",
            "tags": ["article", "quick"],
            "route": "smart-host",
            "tls": "none",
            "failure": "connection-refused",
            "action": "defer",
            "refs": ["RFC 9293 3.10.7.1"],
            "path": "stories/connect/refused.toml",
        }
    ]


def test_every_shipped_scenario_has_a_file_where_it_says(mailfault: Any) -> None:
    told = json.loads(mailfault("list", "--format", "json").stdout)
    assert told
    assert all(Path(entry["path"]).is_file() for entry in told)


def test_an_unknown_selection_is_refused(mailfault: Any) -> None:
    told = mailfault("list", "conect/refused", "--scenarios", "stories")
    assert told.exit_code == 2
    assert "connect/refused" in told.stderr


def test_listing_starts_no_servers() -> None:
    asked = (
        "import sys, mailfault.cli; sys.argv = ['mailfault', 'list']\n"
        "try: mailfault.cli.main()\n"
        "except SystemExit as end: assert not end.code\n"
        "heavy = ('aiosmtpd', 'aiosmtplib', 'dns', 'trustme', 'mailfault.clients', 'mailfault.play')\n"
        "print([name for name in heavy if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, cwd=ROOT, check=True)
    assert done.stdout.splitlines()[-1] == "[]"
