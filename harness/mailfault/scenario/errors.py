"""What is raised for a scenario that cannot be meant."""


class ScenarioError(ValueError):
    """A scenario file says something that cannot be meant; the message lists every mistake, a line each."""
