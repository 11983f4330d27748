"""How much a bundle may hold. A hostile one must not fill the memory or the disk."""

from __future__ import annotations

MIB = 1024 * 1024

MOST_MANIFEST = MIB  # bytes
# Bytes that are read in one piece while the list of members is parsed: that of six is 400 bytes.
MOST_AT_ONCE = MIB
# How many times its size a member may unpack to: source text unpacks to 4 to 10 times its size. The
# first MiB is free, because little text can be very much alike.
MOST_RATIO = 100
MOST_LISTED = 512 * MIB  # bytes of a list of files
# What its texts may take in memory, where it is held until the version is published: with a million
# files, as much again is needed beside them. A letter may take four bytes.
MOST_FILE_TEXTS = 320 * MIB
MOST_SKIPPED_TEXTS = 128 * MIB
MOST_LINE = 16 * MIB  # bytes
MOST_FILES = 1_000_000  # as many as a repository may have
MOST_SKIPPED = 200_000
MOST_CHUNKS = 50_000_000
MOST_DIMENSIONS = 16_384

# Characters of a chunk. A target is at most 100,000 of them, and blanks count for less. What is made of
# a text, for the index, takes twenty times its size.
LONGEST_TEXT = MIB
MOST_ROWS = 1024  # chunks at once
MOST_ROW_BYTES = 4 * MIB  # of their lines, or those of a single one
LONGEST_NAME = 4096  # characters of a symbol, an address, a rule
LONGEST_WORD = 512  # characters of a language, a kind, an id
MOST_DEFINED = 10_000  # symbols of one chunk
MOST_LINES = 2**31 - 1  # the number of a line
MOST_GLOBS = 1000
