"""Texts made comparable: what people would call the same words becomes the same text."""

import unicodedata

_ALIKE = {ord(each): "'" for each in "‘’‛ʼ`´′"} | {ord(each): "-" for each in "‐‑‒–—―−"}
_UNSEEN = frozenset({"Mn", "Me", "Cf"})  # marks on letters, and characters without a shape of their own


def folded(text: str) -> str:
    """Without case, accents, invisible characters, forms of one letter, kinds of apostrophe, dash and space."""
    letters = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text.translate(_ALIKE)).casefold())
    return " ".join("".join(each for each in letters if unicodedata.category(each) not in _UNSEEN).split())
