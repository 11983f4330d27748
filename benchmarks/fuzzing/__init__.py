"""Hostile inputs for benchmarks/fuzz.py.

| module | holds |
| --- | --- |
| texts | making a text by damaging others |
| samples | texts to begin with |
| targets | what reads a text: one function each |
| stores | damaged homes, and the commands that read them |
| case | running cases in a process of their own |
"""
