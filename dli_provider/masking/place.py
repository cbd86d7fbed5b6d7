"""The places of a text at which a credential is named, and how each name stands there."""

from __future__ import annotations

import re
from collections.abc import Iterator

from dli_provider.masking import lexer
from dli_provider.masking.escapes import QUOTE
from dli_provider.masking.names import CHINESE, announces, words

_WORD = re.compile(rf"[A-Za-z0-9_.\-]++|(?:{'|'.join(CHINESE.split())})(?:[ ]?I[Dd])?+")
_PREFIX = re.compile(r"-*+(?:y?D(?=[A-Za-z]))?+")
_SECOND_WORDS = words("key keys id code phrase word info value string hash secret token")
_AFTER_QUOTE = re.compile(r"(?:[\s=:,;)}\]&<>/|?+]|->|\Z)")
_INDEX = re.compile(r"(?:\[\d++\]|\]|>(?=[ \t]*+:)|(?:</\w{1,10}+>|\*\*)(?=[ \t]*+[:=]))?+")
_BEGIN_OF_NAME = re.compile(rf"(\\*+{QUOTE})([\w .-]{{1,40}})\Z")
_BEGIN_OF_LINE = re.compile(r"(?:^|[\r\n])(?P<indent>[ \t]*+)(?:[-#;!*/?]++[ \t]*+)?+\Z")


class Place:
    """A name in a text, and how it stands there.

    :param text: the plain text.
    :param name: the name, without dashes before it and dots after it.
    :param start: where it begins, dashes included.
    :param end: where it ends.
    """

    def __init__(self, text: str, name: str, start: int, end: int) -> None:
        quote = lexer.quote_at(text, end)
        opened = lexer.quote_before(text, start)
        is_closed = quote == opened or _AFTER_QUOTE.match(text, end + len(quote))
        begin = _BEGIN_OF_NAME.search(text, max(0, start - 80), start) if is_closed and not opened else None
        if begin and begin[1] == quote:  # "my password"
            opened, start = quote, start - len(begin[2])
        self.text, self.name, self.start, self.end = text, name, start, end
        self.opened = opened
        """The quote just before the name."""
        self.closed = quote if is_closed else ""
        """The quote just after the name."""
        self.after = lexer.end(_INDEX, text, end + len(self.closed))
        """Where that quote and an index such as ``[0]`` end."""
        self.is_argument = text.startswith("-", start)
        """Whether the name begins with a dash: ``--password``."""
        self.is_open = bool(self.opened) and not self.closed
        """Whether the name begins a quoted text that goes on: ``"password=x"``."""

    def before(self, characters: int) -> str:
        """Return the characters before the name and its quote, as many at the most."""
        end = self.start - len(self.opened)
        return self.text[max(0, end - characters) : end]

    def begin_of_line(self) -> re.Match[str] | None:
        """Return what stands before a name that begins its line: ``indent``."""
        return _BEGIN_OF_LINE.search(self.text[max(0, self.start - 200) : self.start])


def places(text: str) -> Iterator[Place]:
    """Yield the places at which a text names a credential; of two words too, as in ``Secret Key``."""
    previous, previous_end = "", -1
    for found in _WORD.finditer(text):
        word, start = found[0], found.start()
        if word[0] == "-":
            word = _PREFIX.sub("", word, 1)
        if word.lower() in _SECOND_WORDS and text[previous_end:start] in {" ", "  "}:
            word = f"{previous}_{word}"
        previous, previous_end = word[-100:], found.end()
        if announces(word):
            yield Place(text, word.rstrip(".-"), start, start + len(found[0].rstrip(".-")))
