"""What a command shows: replies, tables, hits, progress, pagers, and errors as sentences."""
