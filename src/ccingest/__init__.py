"""Turn git repositories into datasets that are searched by meaning."""

__version__ = "0.1.0"
