"""Jobs and the catalogue in a Postgres database: what SQLite's file holds, for several machines.

| module | holds |
| --- | --- |
| connection | a connection that finds its way back after the server was away |
| opening | the settings of a connection |
| migrations, schema | the tables, with columns of Postgres's own types |
| sql | the SQL of this program, as Postgres takes it |
| values | columns to the values that SQLite would give |
| failures | Postgres's errors as ours |
"""
