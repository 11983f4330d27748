"""A documentation site as a source. It is crawled, and its pages become Markdown.

| module | holds |
| --- | --- |
| source | WebSource, which uses all of these |
| addresses | addresses of pages, and their paths in a dataset |
| scope | which addresses belong to a crawl |
| robots | what robots.txt allows and asks for |
| hosts | which addresses of the network may be connected to |
| transport | connections to those, and the end of each request |
| fetching | asking for pages: politely, and again where that helps |
| answers | bodies within bounds, and their text |
| limits | the bounds of a crawl |
| reading | one page |
| html, pruning, code_blocks, markdown | HTML -> the main part of it -> Markdown |
| offered, llms, sitemaps | what a site offers beside its links |
| crawling | from the first page to all |
| pages | the pages that are kept, in SQLite |
| keeping | the folders that they are kept in |
| snapshot | the pages of a revision |
| failures | what went wrong with the first page -> the error |

Import from the modules: `addresses` is used where nothing else of this is needed.
"""
