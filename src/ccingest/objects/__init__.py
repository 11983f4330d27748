"""Object stores: S3 and what speaks its language, Google Cloud Storage, Azure. Only this imports obstore.

An object is put as a whole, and nobody sees a part of one. There is no rename. What two machines
write is kept apart by conditional puts: an object is made only where there is none (`If-None-Match:
*`), and replaced only where it is still what was read (`If-Match`). A store that takes such puts and
does not enforce them loses what it has acknowledged, so it is refused.

| module | holds |
| --- | --- |
| urls | the addresses of objects |
| store | ObjectStore: putting, getting, listing and deleting objects |
| probe | whether a store enforces conditional puts |
| cache | objects that are kept on this disk |
"""

from ccingest.objects.cache import ObjectCache
from ccingest.objects.probe import require_conditional_puts
from ccingest.objects.store import ObjectInfo, ObjectStore
from ccingest.objects.urls import ObjectUrl, is_object_url, object_url, store_url

__all__ = [
    "ObjectCache",
    "ObjectInfo",
    "ObjectStore",
    "ObjectUrl",
    "is_object_url",
    "object_url",
    "require_conditional_puts",
    "store_url",
]
