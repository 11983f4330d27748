"""What a desktop application starts: `ccingest mcp`."""

from ccingest.cli.app import main

if __name__ == "__main__":
    main()
