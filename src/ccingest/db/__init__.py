"""The SQLite file: jobs, events, datasets and their files.

| module | holds |
| --- | --- |
| connection | opening, transactions, SQLite's errors as ours, one connection per thread |
| migrations | bringing the schema up to date |
| schema | the steps of the schema, as SQL |
| rows | values to columns, and columns to values |
| schema_skipped, schema_overlays, webhook_schema | steps that stand by themselves |
| overlays | the published overlays, and publishing one |
| catalog | the published datasets and their files |
"""
