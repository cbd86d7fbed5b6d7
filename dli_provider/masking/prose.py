"""What sentences say about credentials: words that are none, words that look like one."""

from __future__ import annotations

import re

from dli_provider.masking.escapes import QUOTES
from dli_provider.masking.names import words

_ORDINARY = words(
    """
    a an the this that these those its his her their your our my not no none null nil true false any all
    each every some other another same more most less than too very so such only also again already still
    just as at by for from in into of off on onto out over per to up under upon via with within without
    after before between against about near here there please one wrong bad good ok valid invalid incorrect
    correct empty blank present absent unknown unset old new short long weak strong free full different ready
    stale due secret public private plain optional read sent lost found kept given known shown left built
    gone put done fine forbidden never always later yet once today bearer basic part output input user file
    text name used ambiguous duplicate
    """
)
"""Words that say something about a credential after ``is``: ``the token is invalid``."""
_ORDINARY_FORM = re.compile(r"[a-z]{2,}(?:ed|ing|ly|[ai]ble|n't)|v?\d{1,3}(?:\.\d+)*|[\W_]+")
_PREDICATES = words(
    """
    is are was were has have had does do did can cannot could may must should will would not no lacks needs
    required missing invalid expired failed expected unknown unsupported denied rejected refused isn't can't
    cannot doesn't hasn't wasn't don't couldn't won't
    """
)
_SCHEMES = words("basic bearer digest token apikey negotiate ntlm")
_CLAUSE = re.compile(rf"(?:[^\r\n\\{QUOTES}<>;.,!?]|[.,](?=\S)|'(?=[a-z]))*+")
_PLAIN_WORD = re.compile(r"[(]?[A-Za-z][A-Za-z_:/'.-]{0,40}[):]?|[\w.-]{1,4}|[(]?\d+[)]?")
_HAS_NO_BLANKS = re.compile(r"[A-Z][a-z]+[A-Z]|(?i:token|signature|credential|authorization)")


def is_ordinary(word: str) -> bool:
    """Tell whether a word that follows the name of a credential is known not to be one: ``is empty``."""
    word = word.strip(".,;:!?)(").lower()
    return word in _ORDINARY or bool(_ORDINARY_FORM.fullmatch(word))


def looks_random(word: str) -> bool:
    """Tell whether a word looks made up by a machine or by someone who chose a password: ``hunter2``."""
    word = word.rstrip(".,;:!?)=").strip("*")
    if len(word) < 4 or is_ordinary(word):
        return False
    has_digit, has_letter = any(map(str.isdigit, word)), any(map(str.isalpha, word))
    has_symbol = any(not character.isalnum() and character not in "-_.'/:\\" for character in word)
    has_inner_capital = any(map(str.isupper, word[1:])) and not word.isupper()
    is_odd = (has_inner_capital or len(word) > 24) and "." not in word
    return word.isdigit() or (has_digit and has_letter) or has_symbol or is_odd


def reads_as_message(name: str, text: str, position: int) -> bool:
    """Tell whether a sentence stands here and no credential: ``password: must not be empty``.

    It begins with its verb, unless the name is an error's or of a credential that has no blanks: a sentence
    after ``AuthorizationFailed:`` may have a subject, and one after ``password:`` may be a pass phrase.
    """
    if not name.isascii() and text[position : position + 1] in set("不未已错无必请"):
        return True
    clause = _CLAUSE.match(text, position, position + 300)
    said = clause[0].lower().split() if clause else []
    if not said or not all(_PLAIN_WORD.fullmatch(word) for word in said):
        return False
    if said[0] in _PREDICATES:
        return True
    is_sentence = len(said) >= 3 and said[0] not in _SCHEMES and not _PREDICATES.isdisjoint(said)
    return is_sentence and bool(_HAS_NO_BLANKS.search(name))
