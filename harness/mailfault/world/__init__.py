"""A scenario's world: plan it (pure), build its servers, run them, and address the client to them."""
