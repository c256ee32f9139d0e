"""Scenarios played against clients."""
