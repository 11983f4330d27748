"""An MCP server over the datasets of a home.

| module | what it does |
| --- | --- |
| options | what a server may do, and for which project |
| arguments | what the tools take |
| tools | what the tools do |
| answers | results as text and as a document, within a budget of tokens |
| failures | errors as an agent reads them |
| resources | stored files as resources, and completions of their names |
| server | all of it as a server of the SDK |
| late | leaving out what of the SDK is not needed |
| http | serving over streamable HTTP, within an application |
| stdio | serving the process that started this one |

Only `server`, `resources`, `stdio` and `arguments` import the SDK or pydantic, which take most of a
second.
"""
