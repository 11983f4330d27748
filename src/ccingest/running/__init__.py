"""Jobs that run while a person waits: their workers, signals, and progress on the terminal."""
