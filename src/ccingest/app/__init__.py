"""The use cases. They return values and tell progress by events; no terminal, no request, no flag.

| module | holds |
| --- | --- |
| home | an opened home: its settings, database and tables |
| requests | what the user asks for, checked, to requests for jobs |
| ingest | running jobs here, and what running one means |
| worker | running whatever is queued |
| sync | datasets to the newest revision of their branch |
| organizations | the repositories of an organisation |
| schedules | datasets that are brought up to date by themselves |
| jobs | looking at jobs, cancelling and retrying them |
| datasets | what is stored, and deleting it |
| search | questions |
| read | stored files |
| maintenance | removing what nobody needs any more |
| doctor | is everything in place |
"""
