"""Mask the credentials in a text."""

from __future__ import annotations

from collections.abc import Iterator

from dli_provider.masking.escapes import plain
from dli_provider.masking.place import places
from dli_provider.masking.shapes import shaped

MASK = "***"
"""What stands in the place of a credential."""


def mask(text: str) -> str:
    """Return a text in which every credential that can be recognised is replaced by :data:`MASK`.

    Masking what is masked already changes nothing. Empty values, null and Booleans stay.

    :param text: any text; a stranger's of any length should be cut first, see
        :func:`~dli_provider.masking.printable`.
    """
    seen, original = plain(text)
    pieces: list[str] = []
    done = 0
    for first, last in sorted([*_named(seen), *shaped(seen)]):
        start, end = original(first), original(last)
        if start > done or not pieces:
            pieces += text[done:start], MASK
        done = max(done, end)
    return "".join(pieces) + text[done:]


def _named(text: str) -> Iterator[tuple[int, int]]:
    """Yield where each credential begins and ends that a name announces."""
    done = 0
    for place in places(text):
        if place.start < done:
            continue
        from dli_provider.masking import markup, rules  # slow to load, and most texts name no credential

        span = rules.beside(place)
        if span:
            done = max(done, span[1])
        else:
            span = markup.apart(place)
        if span and span[0] < span[1]:
            yield span
