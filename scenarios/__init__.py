"""The scenarios, one TOML file each. The path of a file is its id."""
