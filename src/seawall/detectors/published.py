"""Values that look like secrets and are known to everyone: printed in documents, or in packages."""

from __future__ import annotations

from hashlib import blake2b

from seawall.core.vocabulary import words

_SIZE = 8

# Digests, so that no scanner takes this file for a leak. In this order: the Google API key and
# client secret of Debian's Chromium; the keys of the Azure Storage and Cosmos DB emulators; the
# example of jwt.io, and its older one.
_PUBLISHED = words(
    "af1c66d87c0af938 cd459e506c615c03 20e88191d76dc156 6188d33d9ab768de"
    " bc2b96d967bbb746 188887d297766300"
)


def is_published(value: str) -> bool:
    """Whether a value is one of them."""
    return blake2b(value.encode("utf-8", "replace"), digest_size=_SIZE).hexdigest() in _PUBLISHED
