"""Text from outside made fit to store and show: printable, bounded, credentials masked.

A credential is recognised by the name beside it or by its own shape. The modules, in the order in which a
text passes through them:

- ``escapes`` reads a text as if nothing in it were escaped; all others work on what it reads.
- ``place`` finds the names in it that ``names``' tables know.
- ``rules`` and ``markup`` know how a credential stands beside its name or apart from it; ``lexer`` tells
  where it ends, ``prose`` what sentences say.
- ``shapes`` finds what needs no name: URLs with a login, PEM, authentication schemes, well-known keys.
- ``text`` replaces what was found; ``printable`` makes lines and data of it.

Masking errs on the side of too much, and still it can't recognise everything. Not recognised are:

- values that only their position announces: rows of CSV, of SQL's ``VALUES`` and of tables, unless they look
  like one beside their name; arguments of one letter, but for curl's ``-u``, mysql's and sshpass's ``-p``;
- values that SQL compares with anything else than ``=``: ``password LIKE 'x'``, ``'x' = password``;
- the second of two values: ``password changed from 'x' to 'y'``, ``[password] x => y``; the default of a
  block, as in ``variable "password" { default = x }``;
- a word of letters alone that follows a name in a sentence, unless the sentence tells:
  ``password is swordfish`` is recognised, ``token swordfish has expired`` is not;
- a value on the next line that isn't indented more than its name, or that follows uncommon signs, as in
  ``password~x``;
- names in languages other than English and Chinese, ``key``, ``auth``, ``sid`` alone, webhook addresses;
- credentials that are encoded as a whole (Base64, hexadecimal, compressed), that are split over several
  lines or texts, or that stand more than about 500 characters from their name.

This package knows nothing of Flink or of DLI.
"""

from __future__ import annotations

from dli_provider.masking.names import is_credential
from dli_provider.masking.printable import printable, storable
from dli_provider.masking.text import MASK, mask

__all__ = ["MASK", "is_credential", "mask", "printable", "storable"]
