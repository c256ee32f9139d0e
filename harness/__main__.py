"""`python -m harness` is `mailfault`."""

from harness.cli import main

if __name__ == "__main__":
    main()
