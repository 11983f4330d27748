"""`python -m ccingest`."""

from ccingest.cli.app import main

if __name__ == "__main__":
    main()
