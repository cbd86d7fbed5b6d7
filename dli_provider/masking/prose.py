"""What sentences say about credentials: words that are none, words that look like one."""

from __future__ import annotations

import re

from dli_provider.masking.names import words

_ORDINARY = words(
    """
    a an the this that these those it its his her their your our my no not none null nil true false yes
    any all each every some other another same more most less than too very so such only also again
    already still just is are was were be been being has have had do does did can could may might must
    shall should will would cannot can't couldn't doesn't don't didn't isn't wasn't hasn't won't needs
    need lacks lack and or but nor if then else when while because since until unless as at by for from in
    into of off on onto out over per to up under upon via with without within after before between against
    about near during i you he she we they who which what where why how here there please see use try
    check one two wrong bad good ok valid invalid incorrect correct empty blank missing present absent
    unknown unset old new short long weak strong free full different available unavailable ready stale due
    dead alive active inactive secret public private plain optional mandatory void wrongly set get read
    sent lost found kept given known shown left met built begun gone held made put fail fails failure
    failures failed error errors exception exceptions mismatch success problem issue bucket buckets file
    files store stores storage service services server provider providers manager managers type types
    class name names field fields column columns table tables key keys value values id ids count counts
    length size limit limits number numbers string text hash hashes policy policies format scheme schemes
    header headers cookie cookies parameter parameters option options property properties argument
    arguments setting settings config configuration auth authentication authorization access refresh
    request requests response endpoint url uri path directory location lifetime time times date expiry
    expiration renewal rotation exchange verification validation checks creation deletion update user
    users account accounts owner session sessions client database connection job jobs queue queue's agency
    bearer basic list lists chain factory handler callback plugin library method mode version variable
    environment token tokens password passwords credential credentials signature signatures santa login
    logins prompt reset usage used alias usually never now always later yet once today rules rule hint
    hints generator stream backend vault engine cache holder issuer lookup introspection claims audience
    scope payload body form part page event message object instance node cluster group role permission
    permissions window quota pool map array source sink topic partition index record records row rows
    schema module component interface adapter driver wrapper loader reader writer parser resolver entry
    pair pairs material strength complexity history age agent helper tool app application system process
    thread task operation action command call api screen dialog box input output flag state status result
    data content context metadata label tag prefix suffix pattern character characters symbol digits word
    words line block section protection detection leak scanner sharing sync grant grants flow feature
    support
    """
)
_ORDINARY_FORM = re.compile(r"[A-Za-z]{2,}(?:ed|ing|ly|[ai]ble|n't)|v?\d{1,3}(?:\.\d+)*|[\W_]+")
_SQL_TYPE = re.compile(
    r"(?:N?(?:VAR)?CHAR2?|STRING|TEXT|(?:BIG|SMALL|TINY)?INT(?:EGER)?\d*|BOOL(?:EAN)?|DECIMAL|NUMERIC|NUMBER"
    r"|FLOAT\d*|DOUBLE|DATE|TIME(?:STAMP)?(?:_LTZ|TZ)?|BYTES|(?:VAR)?BINARY|[CB]LOB|JSONB?|ROW|ARRAY|MAP|UUID|RAW)"
    r"(?![\w-])",
    re.IGNORECASE,
)
_PREDICATES = words(
    """
    is are was were has have had does do did can cannot could may must should will would not no lacks needs
    required missing invalid expired failed expected unknown unsupported denied rejected refused isn't can't
    cannot doesn't hasn't wasn't don't couldn't won't
    """
)
_SCHEMES = words("basic bearer digest token apikey negotiate ntlm")
_CLAUSE = re.compile(r"""(?:[^\r\n\\"'<>;.,!?…]|[.,](?=\S)|'(?=[a-z]))*+""")
_PLAIN_WORD = re.compile(r"[(]?[A-Za-z][A-Za-z_:/'.-]{0,40}[):]?|[\w.-]{1,4}|[(]?\d+[)]?")
_SYMBOL = re.compile(
    r"""(["'`]?+)(?:[^\s"'`\w]{1,3}+|<?+(?:[A-Z_]{1,20}+|[a-z_]{1,20}+)>?+)\1,?+
        :?[ ](?:(?:at|in|on|near|after|before|expected|expecting|from|was[ ]expecting)\b|["'`])""",
    re.VERBOSE,
)


def is_ordinary(word: str) -> bool:
    """Tell whether a word that follows the name of a credential is known not to be one: ``token bucket``."""
    word = word.strip(".,;:!?…)(").lower()
    return word in _ORDINARY or bool(_ORDINARY_FORM.fullmatch(word) or _SQL_TYPE.match(word))


def looks_random(word: str) -> bool:
    """Tell whether a word looks made up by a machine or by someone who chose a password: ``hunter2``."""
    word = word.rstrip(".,;:!?…)")
    if len(word) < 4 or is_ordinary(word) or "***" in word:
        return False
    if word.isdigit():
        return True
    has_digit, has_letter = any(map(str.isdigit, word)), any(map(str.isalpha, word))
    has_symbol = any(not character.isalnum() and character not in "-_.'/:\\" for character in word)
    has_inner_capital = any(map(str.isupper, word[1:])) and not word.isupper() and "." not in word
    return (has_digit and has_letter) or has_symbol or has_inner_capital or len(word) > 24


def reads_as_message(text: str, position: int, *, any_subject: bool) -> bool:
    """Tell whether a sentence stands here and no credential: ``password: must not be empty``.

    :param any_subject: the sentence may have a subject of its own, as after the name of an error:
        ``AuthorizationFailed: user bob is not permitted``. Else its verb is what comes first.
    """
    clause = _CLAUSE.match(text[position : position + 300])
    said = clause[0].lower().split() if clause else []
    if not said or not all(_PLAIN_WORD.fullmatch(word) for word in said):
        return False
    if said[0] in _PREDICATES:
        return True
    is_sentence = len(said) >= 3 and said[0] not in _SCHEMES and not _PREDICATES.isdisjoint(said)
    return any_subject and is_sentence


def is_of_a_program(text: str, position: int, word_before: str) -> bool:
    """Tell whether a program is spoken of: ``Unexpected token 'FROM' at``, ``function signature f(INT)``."""
    if word_before.lower() in {"function", "method", "operator"}:
        return True
    known = {"unexpected", "unrecognized", "offending", "mismatched", "extraneous"}
    return word_before.lower() in known and bool(_SYMBOL.match(text, position))
