"""Bundles: a dataset version as one file that another home takes over. All that is read is checked.

A bundle is a ZIP file with these members, so that any tool can look into it:

| member | holds |
| --- | --- |
| `manifest.json` | what the dataset is, and the size and SHA-256 of each other member |
| `manifest.sig` | an Ed25519 signature of the manifest, if it was signed |
| `files.jsonl` | path, content id, language and number of chunks of each file |
| `skipped.jsonl` | path, reason and rule of each skipped file |
| `chunks.jsonl` | the place in its file, and the fields of each chunk |
| `vectors.f32` | their vectors in the same order, little-endian float32 |

It holds neither files of Lance nor of the index, but what they are made of: native code that reads
damaged files can crash, and a bundle from elsewhere is hostile until it is checked. Nothing in it is
ever written to a path that it names.

| module | holds |
| --- | --- |
| limits | how much a bundle may hold |
| checks | values of JSON from elsewhere, and what they have to be |
| manifest | the manifest, to JSON and back |
| archive | writing and reading members, within bounds |
| rows | files and chunks, to lines and back |
| signing | signatures. Only this imports cryptography |
| writing, reading | a whole bundle |
"""

from ccingest.bundles.reading import OpenBundle, open_bundle
from ccingest.bundles.signing import Signer, load_signer
from ccingest.bundles.writing import BundleContent, write_bundle

__all__ = [
    "BundleContent",
    "OpenBundle",
    "Signer",
    "load_signer",
    "open_bundle",
    "write_bundle",
]
