"""The adapters: one client each."""
