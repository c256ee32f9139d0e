"""`mailfault toxiproxy`: Toxiproxy's HTTP API and toxics, served by mailfault, for people without its Go binary."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mailfault.cli.usage_error import reason, refuse

if TYPE_CHECKING:
    from mailfault_servers.toxiproxy.server import ToxiproxyServer

_DIFFERENCES = """\
What differs from toxiproxy-server 2.12.0:
- Proxies listen on, and connect to, loopback addresses alone, unless --allow-any-listen and --allow-any-upstream
  say otherwise; where no host is given they listen at 127.0.0.1.
- There are no metrics, and there is no log.
- A connection that `toxicity` spares is left wholly alone, and what is drawn repeats with --seed.
- Attributes that end toxiproxy-server itself (a negative rate, slices of no bytes) do no harm.
The whole list, with the reasons: fake_servers/mailfault_servers/toxiproxy/README.md"""


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

    from mailfault_servers.toxiproxy.server import ToxiproxyServer

    server = ToxiproxyServer(
        host=host,
        port=port,
        seed=seed,
        allow_any_upstream=allow_any_upstream,
        allow_any_listen=allow_any_listen,
    )
    try:
        asyncio.run(_serve(server, _proxies(config)))
    except BrokenPipeError:
        raise  # whoever read what we print is gone
    except OSError as error:
        refuse(f"the API cannot listen at {host}:{port}: {reason(error)}")


async def _serve(server: "ToxiproxyServer", config: bytes | None) -> None:
    import asyncio
    import signal

    ended = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, ended.set)
    await server.start()
    try:
        if config is not None:
            await _populate(server, config)
        typer.echo(_DIFFERENCES)
        typer.echo("Toxiproxy's API is at http://{}:{}; Ctrl-C ends it.".format(*server.endpoint))
        await ended.wait()
    finally:
        await server.close()


async def _populate(server: "ToxiproxyServer", config: bytes) -> None:
    try:
        typer.echo(f"{await server.populate(config)} proxies made")
    except ValueError as error:
        typer.echo(f"mailfault: the proxies could not all be made: {error}", err=True)


def _proxies(config: Path | None) -> bytes | None:
    """A bad file ends nothing, as with toxiproxy-server: it is said what is wrong, and the API is there."""
    if config is None:
        return None
    try:
        return config.read_bytes()
    except OSError as error:
        typer.echo(f"mailfault: {config}: {reason(error)}", err=True)
        return None
