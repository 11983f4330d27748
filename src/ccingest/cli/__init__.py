"""The command line: parses arguments, calls use cases, renders what they return."""
