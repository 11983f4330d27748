"""The SQLite file: jobs, events, datasets and their files.

| module | holds |
| --- | --- |
| connection | opening, transactions, SQLite's errors as ours; one connection a thread |
| migrations | the schema, step by step |
| schema | the statements of those steps |
| rows | values to columns and back |
| catalog | which datasets are published, made of which files |
"""
