"""Turn git repositories into datasets that are searched by meaning.

The library's face: names are loaded when they are first used, so that the import costs nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ccingest.client import Client
    from ccingest.errors import CcingestError
    from ccingest.models import Dataset, Event, Hit, Job
    from ccingest.process import configure_process

__version__ = "0.2.0"

__all__ = [
    "CcingestError",
    "Client",
    "Dataset",
    "Event",
    "Hit",
    "Job",
    "__version__",
    "configure_process",
]

_MODULES = {
    "Client": "ccingest.client",
    "CcingestError": "ccingest.errors",
    "Dataset": "ccingest.models",
    "Event": "ccingest.models",
    "Hit": "ccingest.models",
    "Job": "ccingest.models",
    "configure_process": "ccingest.process",
}


def __getattr__(name: str) -> Any:
    """A public name, and every error by its own: `ccingest.DatasetNotFoundError`."""
    from importlib import import_module

    module = _MODULES.get(name, "ccingest.errors" if name.endswith("Error") else "")
    if not module:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found = getattr(import_module(module), name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return __all__
