"""Arguments and options that several verbs share."""

from pathlib import Path
from typing import Annotated

import typer

Select = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="SELECT",
        show_default=False,
        help="An id, a folder ('tls'), a glob ('tls/cert*'), tag:NAME, or a scenario file. Absent: all scenarios.",
    ),
]
ClientString = Annotated[
    str | None,
    typer.Option("--client", metavar="KIND:WHAT", show_default=False, help="The client; see `mailfault clients`."),
]
ClientStrings = Annotated[
    list[str] | None,
    typer.Option(
        "--client",
        metavar="KIND:WHAT",
        show_default=False,
        help="The client under test. Repeatable. Absent: reference. See `mailfault clients`.",
    ),
]
ClientProfileFile = Annotated[
    Path | None,
    typer.Option(
        "--client-profile",
        metavar="FILE",
        show_default=False,
        help="Client profile (TOML): how to read the output of the client, and what it does not support.",
    ),
]
Python = Annotated[
    str | None,
    typer.Option(
        "--python",
        metavar="PATH",
        show_default=False,
        help="Interpreter or virtual environment of `python:` clients. python@PATH:module:function is for one of them.",
    ),
]
InProcess = Annotated[
    bool, typer.Option("--in-process", help="Run `python:` clients in mailfault's own process, not in one of theirs.")
]
ProfileName = Annotated[
    str | None,
    typer.Option(
        "--profile",
        metavar="NAME",
        show_default=False,
        help="Code map of the client, a status code for each failure: microsoft-365 (default), rfc3463.",
    ),
]
ScenariosFolder = Annotated[
    Path | None,
    typer.Option(
        "--scenarios",
        metavar="DIR",
        show_default=False,
        help="Folder of your own scenarios, in place of the shipped ones.",
    ),
]
ToxiproxyServer = Annotated[
    str | None,
    typer.Option(
        "--toxiproxy",
        metavar="URL|PATH",
        show_default=False,
        help="A running Toxiproxy server, or a toxiproxy-server to start. Absent: the one of mailfault.",
    ),
]
Sandbox = Annotated[
    str | None,
    typer.Option(
        "--sandbox",
        metavar="auto|always|never",
        show_default=False,
        help="Run clients in their own network, with ports 25 and 53 (Linux). auto: if they need it.",
    ),
]
PcapFolder = Annotated[
    Path | None,
    typer.Option(
        "--pcap",
        metavar="DIR",
        show_default=False,
        help="Write the packets of each run in the sandbox to a file in DIR, for Wireshark.",
    ),
]
Jobs = Annotated[
    int | None, typer.Option(min=1, metavar="N", show_default=False, help="Number of scenarios to run at once.")
]
RecordFile = Annotated[
    Path | None,
    typer.Option(metavar="FILE", show_default=False, help="Write the run record (JSON lines); see `replay`."),
]
JUnitPath = Annotated[Path | None, typer.Option(metavar="FILE", show_default=False, help="Write JUnit XML.")]
MatrixPaths = Annotated[
    list[Path] | None,
    typer.Option(
        "--matrix",
        metavar="FILE",
        show_default=False,
        help="Write a client/scenario matrix with a confusion table (.html, .md, .json). Repeatable.",
    ),
]
AsJson = Annotated[
    bool, typer.Option("--json", help="Write events as JSON lines on stdout, and the report for people on stderr.")
]
Deadline = Annotated[
    float | None, typer.Option(min=0.1, metavar="SECONDS", show_default=False, help="Time limit of one delivery.")
]
Part = Annotated[
    str | None, typer.Option("--shard", metavar="N/M", show_default=False, help="Run only part N of M: 2/5.")
]
NoControl = Annotated[bool, typer.Option("--no-control", help="Do not run each world without its faults first.")]
