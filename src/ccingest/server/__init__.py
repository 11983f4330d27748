"""The servers: the doors for programs, teams and agents."""
