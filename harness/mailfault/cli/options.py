"""Arguments and options that several verbs have, in the same words."""

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
        help="The client under test; may be given several times. Absent: reference. See `mailfault clients`.",
    ),
]
ClientProfileFile = Annotated[
    Path | None,
    typer.Option(
        "--client-profile",
        metavar="FILE",
        show_default=False,
        help="Client profile (TOML): how to read what the client says, and what it does not support.",
    ),
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
        "--scenarios", metavar="DIR", show_default=False, help="Scenarios of your own, in place of the shipped ones."
    ),
]
ToxiproxyServer = Annotated[
    str | None,
    typer.Option(
        "--toxiproxy",
        metavar="URL|PATH",
        show_default=False,
        help="A Toxiproxy server that runs, or a toxiproxy-server to start. Absent: mailfault's own.",
    ),
]
Sandbox = Annotated[
    str | None,
    typer.Option(
        "--sandbox",
        metavar="auto|always|never",
        show_default=False,
        help="Whether clients get a network of their own, with ports 25 and 53 (Linux). auto: where they need it.",
    ),
]
PcapFolder = Annotated[
    Path | None,
    typer.Option(
        "--pcap",
        metavar="DIR",
        show_default=False,
        help="Write every packet of each play in the sandbox to a file in DIR, for Wireshark.",
    ),
]
Jobs = Annotated[
    int | None, typer.Option(min=1, metavar="N", show_default=False, help="How many scenarios to play at once.")
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
        help="Write clients x scenarios, and what each takes for what: .html, .md or .json; may be given again.",
    ),
]
AsJson = Annotated[
    bool, typer.Option("--json", help="Events as JSON lines on stdout; everything for people on stderr.")
]
