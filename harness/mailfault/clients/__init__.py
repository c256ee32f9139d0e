"""Delivery clients under test, each behind an adapter (see adapters/)."""

from mailfault.clients.adapter import Adapter, AdapterInfo
from mailfault.clients.client import Client
from mailfault.clients.errors import ClientError
from mailfault.clients.placement import Placement
from mailfault.clients.registry import known_adapters, open_client

__all__ = ["Adapter", "AdapterInfo", "Client", "ClientError", "Placement", "known_adapters", "open_client"]
