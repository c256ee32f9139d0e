"""The stories: one TOML file each; the place of a file is its id."""
