"""`python -m mailfault` is `mailfault`."""

from mailfault.cli import main

if __name__ == "__main__":
    main()
