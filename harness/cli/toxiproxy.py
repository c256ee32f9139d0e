"""`mailfault toxiproxy`: Toxiproxy's HTTP API and toxics, served by mailfault, for people without its Go binary."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from harness.cli.wrong_usage import refuse

if TYPE_CHECKING:
    from fake_servers.proxy.server import ToxiproxyServer

_DIFFERENCES = """\
What differs from toxiproxy-server 2.12.0:
- It listens, and connects, on loopback addresses alone, unless --allow-any-listen and --allow-any-upstream say
  otherwise.
- No metrics, and no log of its own.
- A connection that `toxicity` spares is left wholly alone; what is drawn repeats with the seed (--seed).
- Attributes that end toxiproxy-server itself (a negative rate, slices of no bytes) are taken and do no harm."""


def toxiproxy(
    host: Annotated[str, typer.Option(help="Where the API listens.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="The API's port; 0: any that is free.")] = 8474,
    config: Annotated[
        Path | None,
        typer.Option(metavar="FILE", show_default=False, help="Proxies to make at the start, as for toxiproxy-server."),
    ] = None,
    seed: Annotated[int, typer.Option(help="The seed of all chance (toxicity, jitter, size_variation).")] = 0,
    allow_any_upstream: Annotated[
        bool, typer.Option("--allow-any-upstream", help="Proxies may connect to other machines.")
    ] = False,
    allow_any_listen: Annotated[
        bool, typer.Option("--allow-any-listen", help="Proxies may listen on addresses that other machines reach.")
    ] = False,
) -> None:
    """Run a Toxiproxy-compatible server until it is interrupted.

    Clients of Toxiproxy (toxiproxy-python, toxiproxy-node-client, Toxiproxy's own for Go, ...) drive it as they drive
    toxiproxy-server. Ctrl-C and SIGTERM end it, with exit status 0.
    """
    import asyncio

    from fake_servers.proxy.server import ToxiproxyServer

    server = ToxiproxyServer(
        host=host,
        port=port,
        seed=seed,
        allow_any_upstream=allow_any_upstream,
        allow_any_listen=allow_any_listen,
    )
    try:
        asyncio.run(_serve(server, config))
    except OSError as error:
        refuse(f"the API cannot listen at {host}:{port}: {error.strerror or error}")


async def _serve(server: "ToxiproxyServer", config: Path | None) -> None:
    import asyncio
    import signal

    ended = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, ended.set)
    await server.start()
    try:
        await _populate(server, config)
        typer.echo("Toxiproxy's API is at http://{}:{}; Ctrl-C ends it.".format(*server.endpoint))
        typer.echo(_DIFFERENCES)
        await ended.wait()
    finally:
        await server.close()


async def _populate(server: "ToxiproxyServer", config: Path | None) -> None:
    """A bad file ends nothing, as with toxiproxy-server: what it says is told, and the API is there."""
    if config is None:
        return
    try:
        told = config.read_bytes()  # noqa: ASYNC240  # once, before anything is served
        typer.echo(f"{config}: {await server.populate(told)} proxies made")
    except (OSError, ValueError) as error:
        typer.echo(f"mailfault: {config}: {error}", err=True)
