"""A name and a value with no sign between them: arguments, pairs in a list, SQL, sentences."""

from __future__ import annotations

import re

from dli_provider.masking import lexer, prose
from dli_provider.masking.assigned import NUMBER, OWNER, Span
from dli_provider.masking.names import is_credential, is_measurement, words
from dli_provider.masking.place import Place

_ARGUMENT = re.compile(r"\s*+,\s*+|(?:[ \t]|\\++t|\\++\r?\n)++")
_COMMA = re.compile(r"\s*+,\s*+")
_HAS_LETTER = re.compile(r"[\W_]{0,99}[^\W_]")
_BEFORE_PAIR, _AFTER_PAIR = ("[", "(", "{", "\n", ""), ("]", ")", "}", "\n")
_BARE_PAIR = re.compile(r"([^\s,()\[\]\"']++)[ \t]*+[)\]}]")
_LONG = 2000
_LITERAL = re.compile(r"[\w.+-]*+")
_PARENTHESIS = re.compile(r"(?:[ \t]|\\++t)*+[(]?[ \t]*+")
_TOLD = re.compile(
    r"""(?:[ \t]++(?:is|was|are|were|has|been|being|be|now|set|changed|reset|updated|to|equals?|equal|as
      |becomes?|became|value|the|of|with|from|you|provided|given|supplied|received|entered|specified|sent|used
      |incorrect|wrong|invalid|rejected))++(?:[ \t]*+[:=])?(?:[ \t]++|(?=["'`\u201c\u2018「]))
    | [ \t]?+(?:(?:已经?|被)?(?:设置|设定|修改|更改|变更|重置|改|更新)?(?:为|是|成)
      |(?:错误|不正确|无效|有误)(?=[ \t]?:))[ \t]?+:?[ \t]?+""",
    re.VERBOSE | re.IGNORECASE,
)
_WEAK_WORDS = words(
    """
    of with as the value from you provided given supplied received entered specified sent used
    incorrect wrong invalid rejected
    """
)
_CHANGED = re.compile(r"""[ \t]++(?:to|->|→)[ \t]++["']?([^\s"',;]++)""")
_GAP = re.compile(r"(?:[ \t]|\\++t|[|~#^*(<\[{\u2010-\u2015\u2026]|-(?=[ \t]))++")
_WORD = re.compile(r"""[^\s"'`,;:()\[\]{}<>|=&\\\u2018-\u201d\u3001-\u3011\u4e00-\u9fff]++""")
_BRACKETS = re.compile(r"\\*+[(\[{<]?+")
_VERB = re.compile(r"[ \t]++(?:has|is|was|had|did|does|expired|cannot|can't|got|rejected|refused|failed)\b")
_ALONE = re.compile(r"""[ \t]*+(?:["';)\]}\r\n]|\\++["'nr]|\Z)""")
_USED = re.compile(r"\b(?:with|using|use|uses|used|wrong|incorrect|bad)\s\Z", re.IGNORECASE)
_NEEDS_SIGN = frozenset({"pass", "cookie", "cookies"})
"""Words that mean something else more often than not, when they stand in a sentence."""


def argument(place: Place) -> Span | None:
    """Return the span of ``x`` in ``--password x``, ``-sk x``, ``"--password", "x"``."""
    text = place.text
    gap = _ARGUMENT.match(text, place.after) if place.is_argument else None
    if not gap or text.startswith(("--", "="), gap.end()):
        return None
    if place.is_open:
        return gap.end(), lexer.closing(text, place.opened, gap.end())
    quote = lexer.opener(text, gap.end())
    begin = quote.end() if quote else gap.end()
    number = NUMBER.match(text, begin)
    if number and is_measurement(place.name, number[0]):
        return None
    return begin, lexer.closing(text, quote["quote"], begin) if quote else lexer.end(lexer.WORD, text, begin)


def listed(place: Place) -> Span | None:
    """Return the span of ``x`` in ``["password", "x"]``, ``(password, x)``, ``put("password", "x", y)``."""
    text, before = place.text, place.before(60).rstrip(" \t")
    comma = _COMMA.match(text, place.after)
    if not comma or "`" in place.closed or before[-1:] not in _BEFORE_PAIR:
        return None
    if not place.closed:
        pair = _BARE_PAIR.match(text, comma.end()) if before else None
        return pair.span(1) if pair and prose.looks_random(pair[1]) else None
    quote = lexer.opener(text, comma.end())
    begin = quote.end() if quote else comma.end()
    limit = begin + _LONG
    end = lexer.closing(text, quote["quote"], begin, limit) if quote else lexer.end(_LITERAL, text, begin)
    if quote and end == limit:
        return begin, lexer.closing(text, quote["quote"], begin)
    after = text[end + len(quote["quote"] if quote else "") :][:40].lstrip(" \t")
    is_call = before.endswith("(") and before[-2:-1].isalnum()
    if (is_credential(text[begin:end]) and text[begin:end].isalpha()) or not (
        is_call or not after or after[0] in _AFTER_PAIR
    ):
        return None
    return begin, end


def quoted(place: Place) -> Span | None:
    """Return the span of ``x`` in ``PASSWORD 'x'``, ``password "x" rejected``, ``setPassword("x")``."""
    text = place.text
    begin = lexer.end(_PARENTHESIS, text, place.after)
    if foreign := lexer.in_foreign_quotes(text, begin):
        return foreign
    quote = None if place.closed else lexer.opener(text, begin)
    if not quote or quote["quote"] == place.opened:
        return None
    is_genitive = begin == place.after and quote["quote"] == "'" and place.name.isascii()  # password's
    if is_genitive or prose.is_of_a_program(text, begin, place.word_before()):
        return None
    end = lexer.closing(text, quote["quote"], quote.end())
    if text.startswith(",", end + len(quote["quote"])) and text[place.after] == "(":
        return begin, max(end, lexer.after_brackets(text, place.after) - 1)  # all arguments of a call
    return (quote.end(), end) if _HAS_LETTER.match(text, quote.end(), end) else None


def told(place: Place) -> Span | None:
    """Return the span of ``x`` in ``the password is x``, ``password of bob was set to 'x'``, ``密码为x``."""
    text = place.text
    owner = OWNER.match(text, place.after)
    verb = _TOLD.match(text, owner.end() if owner else place.after)
    if verb and (foreign := lexer.in_foreign_quotes(text, verb.end())):
        return foreign
    quote = lexer.opener(text, verb.end()) if verb else None
    if quote:
        return quote.end(), lexer.closing(text, quote["quote"], quote.end())
    word = _WORD.match(text, lexer.end(_BRACKETS, text, verb.end())) if verb else None
    if not verb or not word or prose.is_ordinary(word[0]) or is_measurement(place.name, word[0]):
        return None
    is_weak = not _WEAK_WORDS.isdisjoint(verb[0].split()[-1:])
    in_doubt = place.name.lower() in _NEEDS_SIGN or verb[0].isupper() or is_weak
    if in_doubt and not prose.looks_random(word[0]):
        return None
    changed = _CHANGED.match(text, word.end())
    return word.start(), changed.end() if changed else word.start() + len(word[0].rstrip(".!?"))


def near(place: Place) -> Span | None:
    """Return the span of ``x`` in ``token x has expired``, ``| password | hunter2 |``, ``密码hunter2``."""
    text = place.text
    gap = _GAP.match(text, place.after)
    if place.closed or place.name.lower() in _NEEDS_SIGN or (not gap and place.name.isascii()):
        return None
    begin = gap.end() if gap else place.after
    word = _WORD.match(text, begin)
    if not word or prose.is_ordinary(word[0]) or is_measurement(place.name, word[0]):
        return None
    if text.startswith(("(", "=", "://"), word.end()):
        return None
    is_plain = gap is not None and gap[0] == " " and word[0].islower() and not place.name.endswith("s")
    is_alone = gap is not None and _ALONE.match(text, word.end()) and place.starts_clause()
    is_told = is_alone or (is_plain and (_VERB.match(text, word.end()) or _USED.search(place.before(12))))
    if not is_told and not prose.looks_random(word[0]):
        return None
    return begin, begin + len(word[0].rstrip(".!?"))
