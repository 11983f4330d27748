"""Models behind an HTTP API of OpenAI's form.

| module | holds |
| --- | --- |
| providers | the services that are known, and where each is |
| connection | one request over HTTP: bounded, to one address, without redirects |
| answers | the vectors in an answer, and what an error answer means |
| asking | requests that are tried again, and texts that are refused |
| batches | texts to requests: how long, how many, about how many tokens |
| kept | vectors that were paid for, until their job is done |
| embedder | the Embedder that all of this makes |
"""
