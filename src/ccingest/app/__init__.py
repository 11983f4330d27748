"""The use cases. They return values and report progress by events. They know no terminal or server.

| module | holds |
| --- | --- |
| home | an opened home: its settings, database and tables |
| requests | checking what the user asks for, and making job requests of it |
| ingest | running jobs in this process |
| worker | running all queued jobs |
| sync | bringing datasets to the newest revision of their branch |
| organizations | queueing the repositories of an organisation |
| schedules | datasets that are brought up to date automatically |
| jobs | listing, cancelling and retrying jobs |
| datasets | listing and deleting datasets |
| search | answering questions |
| here | the repository of a folder: which base it has |
| overlays | bringing the overlay of a work tree up to date |
| trees | what the home keeps of work trees |
| views | base and overlay as the parts that are searched |
| freshness | how fresh answers are |
| refreshing | syncing what is older than an answer may be |
| read | reading stored files |
| maintenance | removing what is not needed any more |
| doctor | checking that everything is in place |
"""
