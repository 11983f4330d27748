"""What a desktop application starts: `ccingest mcp`."""

from ccingest.__main__ import main

if __name__ == "__main__":
    main()
