"""The hash chain over commit batches: an edited row is found by whoever checks."""

import hashlib
from collections.abc import Sequence


def chained(before: str, texts: Sequence[str]) -> str:
    """Hash of a batch: SHA-256, in hexadecimal, of the hash before it and its texts, a line each.

    JSON as we write it holds no raw newline, so no two batches share a form.
    """
    return hashlib.sha256("\n".join((before, *texts)).encode()).hexdigest()
