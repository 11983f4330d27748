"""The command line: parses arguments, calls use cases, and shows what they return."""
