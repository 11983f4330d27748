"""Turn repositories, folders and documentation sites into datasets that are searched by meaning.

The public names of the library. Each is loaded when it is first used, so the import takes no time.
"""

from __future__ import annotations

TYPE_CHECKING = False  # as checkers of types know it; `typing` would take 20 ms to import
if TYPE_CHECKING:
    from typing import Any

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
    """Load a public name, or any error: `ccingest.DatasetNotFoundError`."""
    from importlib import import_module

    module = _MODULES.get(name, "ccingest.errors" if name.endswith("Error") else "")
    if not module:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found = getattr(import_module(module), name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return __all__
