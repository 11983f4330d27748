"""The help of the commands: how it looks, its examples, and topics beside the commands."""
