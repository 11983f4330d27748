"""Shards: the index of many datasets in one, beside the tables from which it can be made again.

| module | holds |
| --- | --- |
| members | what is in a shard: versions of datasets |
| shard | an opened shard |
| building | making one |
| merging | which datasets and shards are put together next |
| folder | which shards there are |
| reader | searching some datasets of a shard |

A shard is never changed. It holds versions that were published, so a question uses of it those that
are published still, and for all other datasets their own segments. So a version that was replaced or
deleted is out of it at once, and one that was just published is found before a shard has it.
"""
