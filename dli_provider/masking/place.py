"""The places of a text at which a credential is named."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from dli_provider.masking import lexer
from dli_provider.masking.names import CHINESE, announces, words

_WORD = re.compile(rf"[A-Za-z0-9_.\-\u00c0-\u024f]++|(?:{CHINESE})(?:[ ]?(?:ID|Id|id))?+")
_SECOND_WORDS = words("key keys id code phrase word info value string hash secret token")
_PREFIX = re.compile(r"\A-*+(?:y?D(?=[A-Za-z]))?+")
VALUE = re.compile(r"(?:.*[._-])?(?:value|val|v)", re.IGNORECASE)
"""Names that hold the value of a pair: ``{"key": "password", "value": "x"}``."""
_AFTER_CLOSING_QUOTE = re.compile(r"""\s*+(?:[=:,;)}\]&<>/|?+]|\\++[nrt]|->|→|⇒|\Z)|\s""")
_INDEX = re.compile(r"(?:\[\d++\]|\]|>(?=[ \t]*+:)|(?:</\w{1,10}+>|\*\*)(?=[ \t]*+[:=]))?+")
_BEGIN_OF_NAME = re.compile(r"""(\\{0,31}["'`])([\w .-]{1,40})\Z""")
_LINE_PREFIX = re.compile(r"[ \t]*+(?:[-#;!*/?]++[ \t]*+)?+")


@dataclass(slots=True)
class Place:
    """A word in a text, and how it stands there.

    :param name: the word without dashes before it and dots after it; with the word before it, when the two
        make one name, as ``Secret Key`` does.
    :param start: where the word begins.
    :param end: where the name ends.
    """

    text: str
    name: str
    start: int
    end: int

    opened: str = ""
    """The quote just before the word."""
    closed: str = ""
    """The quote just after the name."""
    after: int = 0
    """Where that quote and an index such as ``[0]`` end."""

    @property
    def is_argument(self) -> bool:
        """Tell whether the word begins with a dash: ``--password``."""
        return self.text.startswith("-", self.start)

    @property
    def is_open(self) -> bool:
        """Tell whether the name begins a quoted text that goes on: ``"password=x"``."""
        return bool(self.opened) and not self.closed

    def before(self, characters: int) -> str:
        """Return the characters before the word and its quote, as many at the most."""
        end = self.start - len(self.opened)
        return self.text[max(0, end - characters) : end]

    def starts_clause(self) -> bool:
        """Tell whether nothing but an opening quote or bracket, a line break or a colon stands before it."""
        before = self.before(40).rstrip(" \t")
        return not before or before[-1] in "\n\"':[(" or before.endswith(("\\n", "\\r"))

    def word_before(self) -> str:
        """Return the word before this one."""
        return (self.before(30).split() or [""])[-1]

    def line(self) -> int | None:
        """Return where the line begins whose first word this is; None when it isn't the first."""
        begin, lowest = self.start, max(0, self.start - 200)
        while begin > lowest and self.text[begin - 1] not in "\r\n":
            if self.text[begin - 1] in "nr" and self.text[begin - 2 : begin - 1] == "\\":
                break
            begin -= 1
        prefix = _LINE_PREFIX.match(self.text, begin, self.start)
        return begin if prefix and prefix.end() == self.start else None


class Places:
    """The words of a text that may announce a credential or be the key of one.

    :param text: the text.
    """

    def __init__(self, text: str) -> None:
        self._text = text
        self._previous, self._previous_end = "", -1
        self.position = 0
        """Where to look for the next word; whoever finds a credential moves it behind that."""

    def __iter__(self) -> Iterator[Place]:
        text = self._text
        while found := _WORD.search(text, self.position):
            word, start, self.position = found[0], found.start(), found.end()
            if word[0] in "nrt" and text[start - 1 : start] == "\\" and _is_escape(word):
                start, word = start + 1, word[1:]
            name = _PREFIX.sub("", word, 1).rstrip(".-")
            if name.lower() in _SECOND_WORDS and text[self._previous_end : start] in {" ", "  "}:
                name = f"{self._previous}_{name}"
            self._previous, self._previous_end = name[-100:], self.position
            if announces(name) or VALUE.fullmatch(name[-100:]):
                yield Place(text, name, start, start + len(word.rstrip(".-")))


def _is_escape(word: str) -> bool:
    """Tell whether the first letter of a word after a backslash belongs to the backslash: ``\\npassword``."""
    return announces(word[1:]) or not announces(word)


def look_around(place: Place) -> None:
    """Find out which quotes stand around a name, and where the text after it begins."""
    place.opened = lexer.quote_before(place.text, place.start)
    quote = lexer.quote_after(place.text, place.end)
    if quote and (quote == place.opened or _AFTER_CLOSING_QUOTE.match(place.text, place.end + len(quote))):
        place.closed = quote
    begin = _BEGIN_OF_NAME.search(place.text[max(0, place.start - 80) : place.start])
    if begin and not place.opened and begin[1] == place.closed:  # "my password"
        place.opened, place.start = begin[1], place.start - len(begin[2])
    index = _INDEX.match(place.text, place.end + len(place.closed))
    place.after = index.end() if index else place.end
