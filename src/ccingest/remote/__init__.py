"""Tables and shards on an object store, and a cache of them on this disk.

| module | holds |
| --- | --- |
| manifest | which objects the files of a table version are in |
| transfers | files into objects and back |
| tables | RemoteTables: the tables of a store, and those of them that are here |
| shards | RemoteShards: the same of shards |
| sweeping | removing objects that nothing needs any more |

Objects are put under names that never come again, and never changed: below `tables/TABLE/` those of
the job that made the table, below `shards/` those of shards. The manifest of a table is put last. The
database says which tables and shards there are, so what is half put is not seen by anybody. A version
is a table of its own: it shares with the version before it the objects of the files that are the same.
"""

from ccingest.remote.shards import RemoteShards
from ccingest.remote.sweeping import Swept, sweep
from ccingest.remote.tables import RemoteTables

__all__ = ["RemoteShards", "RemoteTables", "Swept", "sweep"]
