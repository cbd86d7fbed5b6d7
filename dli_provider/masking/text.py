"""Mask the credentials in a text."""

from __future__ import annotations

from collections.abc import Iterator

from dli_provider.masking.assigned import Span, assigned
from dli_provider.masking.beside import argument, listed, near, quoted, told
from dli_provider.masking.escapes import readable
from dli_provider.masking.markup import Pairs, element
from dli_provider.masking.names import announces
from dli_provider.masking.place import Places, look_around
from dli_provider.masking.shapes import shaped_credentials

MASK = "***"
"""What stands in the place of a credential."""

_RULES = (element, assigned, argument, listed, quoted, told, near)


def mask(text: str) -> str:
    """Return a text in which every credential that can be recognised is replaced by :data:`MASK`.

    Masking what is masked already changes nothing. Empty values, null and Booleans stay.

    :param text: any text; a stranger's of any length should be cut first, see
        :func:`~dli_provider.masking.printable`.
    """
    reading = readable(text)
    spans = sorted([*_named_credentials(reading.text), *shaped_credentials(reading.text)])
    pieces: list[str] = []
    done = 0
    for span in _merged(spans):
        start, end = reading.original(*span)
        pieces += text[done:start], MASK
        done = end
    return "".join(pieces) + text[done:]


def _named_credentials(text: str) -> Iterator[Span]:
    """Yield where each credential begins and ends that a name announces."""
    pairs, places = Pairs(text), Places(text)
    for place in places:
        look_around(place)
        span = pairs.value(place)
        if not span and announces(place.name):
            span = next((span for rule in _RULES if (span := rule(place))), None)
            if not span:
                pairs.announce(place)
        if span and span[0] < span[1]:
            yield span
            places.position = max(places.position, span[1])


def _merged(spans: list[Span]) -> Iterator[Span]:
    """Yield spans in order, those that overlap as one."""
    start = end = -1
    for first, last in spans:
        if first > end or start < 0:
            if start >= 0 and start < end:
                yield start, end
            start, end = first, last
        end = max(end, last)
    if start < end:
        yield start, end
