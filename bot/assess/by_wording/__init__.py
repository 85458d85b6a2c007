"""The wording reader: phrases, folded and matched locally. The floor that is there when no LLM is.

folding.py     one word, letter by letter
vocabulary.py  a word as typed -> the words it means
pattern.py     the language phrases are written in
automaton.py   phrases -> one automaton over words
matcher.py     walks it; why it is built like this stands there
lexicon.py     config/wording/ -> a checked, compiled Lexicon
spans.py       quotations, code, logs and links
places.py      countries somebody says they are in
reader.py      a message -> a Reading
"""

from bot.assess.by_wording.lexicon import Lexicon, load
from bot.assess.by_wording.reader import WordingReader

__all__ = ["Lexicon", "WordingReader", "load"]
