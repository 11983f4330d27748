"""The database: jobs, events, datasets and their files, in SQLite's file or on a Postgres server.

| module | holds |
| --- | --- |
| dialect | what both databases have in common, and SQL that both take |
| connection | opening either, transactions, one connection per thread |
| sqlite | SQLite's file, its errors as ours |
| postgres | a Postgres server |
| migrations | bringing the schema up to date |
| schema | the steps of the schema, as SQL |
| rows | values to columns, and columns to values |
| schema_skipped, schema_overlays, schema_hosts, webhook_schema | steps that stand by themselves |
| overlays | the published overlays, and publishing one |
| catalog, manifests | the published datasets, and their files |
| published | reading datasets so that a damaged one hides no other |
| frozen, room | SQLite's file where the disk is full |
| settling | clocks that jump, and databases that were away |
"""
