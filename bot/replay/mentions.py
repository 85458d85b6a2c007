"""Whether a text speaks of ending a conversation or of a warning, in the languages that ship.

Models write freely, so single words will not do: "the warning signs", "should it come close again" and "I won't answer
that part" belong into a talk with somebody in danger. A test holds these words against config/replies: they know every
text there that warns, asks, ends or nudges, and none that cares or redirects.
"""

import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class _Words:
    """Of one language, each as alternatives of a regular expression.

    closes   what is done to a conversation, before its name
    closed   what has become of it, after its name
    chat     names of a conversation
    phrases  what says it without naming one
    """

    closes: str
    closed: str
    chat: str
    phrases: str

    @property
    def pattern(self) -> str:
        """All that speaks of ending or warning; what belongs together stands in one sentence, a few words apart."""
        near = r"[^.?!\n]{0,40}?"
        ends = rf"\b(?:{self.closes})\b{near}\b(?:{self.chat})\b|\b(?:{self.chat})\b{near}\b(?:{self.closed})\b"
        return rf"{ends}|\b(?:{self.phrases})\b"


_LANGUAGES = (
    _Words(
        closes=r"clos(?:e|es|ed|ing)|end(?:s|ed|ing)?(?! of)|lock(?:s|ed|ing)?|shut(?:s|ting)?|terminat\w+"
        r"|stop(?:s|ping)?|leav(?:e|ing)|cut(?:ting)? off",
        closed=r"(?:stays?|is|be|been|was|gets?)\s+(?:now )?(?:closed|locked|over|ended|finished|terminated)",
        chat=r"conversation|chat|thread|discussion",
        phrases=r"(?:stop|stopped|cease) (?:answering|responding|replying|talking)|no longer (?:answer|respond|reply)"
        r"|(?:won['’]t|will not) (?:answer|respond to|reply to) you"
        r"|(?:last|final|first|fair|formal|official) warning|warn(?:ed|ing)? you",
    ),
    _Words(
        closes=r"schließ\w*|schliess\w*|geschlossen|beend\w*|abbrech\w*|abgebrochen|sperr\w*|gesperrt",
        closed=r"schließ\w*|schliess\w*|geschlossen|beend\w*|abbrech\w*|abgebrochen|sperr\w*|gesperrt",
        chat=r"gesprächs?|chats?|unterhaltung|threads?",
        phrases=r"antworten?\b[^.?!\n]{0,40}?\bnicht mehr|nicht mehr (?:\w+ )?antworten?"
        r"|(?:letzte|erste|klare) (?:ver)?warnung|(?:ver)?warne dich|dich (?:vor|ver|ge)warn\w*",
    ),
    _Words(
        closes=r"cerr\w+|cierr\w+|termin\w+|finaliz\w+|acab\w+",
        closed=r"cerrad\w+|terminad\w+|finalizad\w+|cerrar\w*|terminar\w*",
        chat=r"conversación|chat|hilo|charla",
        phrases=r"ya no (?:te )?respond\w+|no te responderé|dej\w+ de responder"
        r"|(?:última|primera) advertencia|te (?:advert\w+|advier\w+|he advertido)",
    ),
    _Words(
        closes=r"ferm\w+|termin\w+|clôtur\w+|clore|clos|mett\w+ fin|mets? fin",
        closed=r"fermée?|terminée?|close|clôturée?|prend fin",
        chat=r"conversation|discussion|chat|fil",
        phrases=r"n[e'’]\s?(?:te |vous |lui )?répond\w+ plus|(?:cess|arrêt)\w+ de (?:te |vous )?répondre"
        r"|(?:dernier|premier) avertissement|donn\w+ un avertissement|t['’]ai averti|t['’]avert\w+|te préviens",
    ),
    _Words(
        closes=r"encerr\w+|fech\w+|termin\w+|finaliz\w+",
        closed=r"encerrad\w+|fechad\w+|terminad\w+|encerrar|fechar",
        chat=r"conversa|chat|discussão",
        phrases=r"não (?:te |lhe )?respond\w+ mais|não vou mais responder|já não (?:te )?respond\w+"
        r"|(?:deix|par)\w+ de responder|(?:último|primeiro) aviso|(?:dei|dou) um aviso"
        r"|avis(?:ei|o|ando) (?:a )?você|te avis(?:ei|o)",
    ),
)
_ENDING = re.compile("|".join(words.pattern for words in _LANGUAGES), re.IGNORECASE)


def of_ending(text: str) -> str:
    """The words with which a text speaks of an ending or a warning; "" if it does not."""
    found = _ENDING.search(text)
    return found[0] if found else ""
