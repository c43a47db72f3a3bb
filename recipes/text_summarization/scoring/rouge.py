"""How near summaries are to those of people: ROUGE-1, 2, L and Lsum, F1, by Google's `rouge-score`, with its stemmer.

    rouge(written, wanted).mean(axis=0)      # 2,000 headlines: half a second

The library drops everything but a-z and 0-9, so a summary in Russian would be empty to it, and `Mädchen` two words.
The words counted here are runs of letters and digits of any script (`shared/reading/words.py`); on ASCII they are the
library's own, and its numbers come out. ROUGE-Lsum looks at each line by itself and is for summaries of several lines;
ROUGE-L takes a summary as one line. The two are different numbers, as are those of Perl's ROUGE-1.5.5 (about 0.5 %
more on headlines), and those without the stemmer.
"""

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from nltk.stem.porter import PorterStemmer
from rouge_score.rouge_scorer import RougeScorer
from rouge_score.tokenizers import Tokenizer

from heedful.recipes.shared.reading.words import words

TOKENISATION = "lower case, runs of letters and digits of any script, Porter's stemmer on ASCII words of more than 3"
ROUGE = {"rouge_1": "rouge1", "rouge_2": "rouge2", "rouge_l": "rougeL"}  # our name, that of rouge-score
LINES = {"rouge_lsum": "rougeLsum"}  # for summaries of several lines

_stemmer = PorterStemmer()


@lru_cache(1 << 18)
def _stem(word: str) -> str:
    return _stemmer.stem(word) if len(word) > 3 and word.isascii() else word


def stems(text: str) -> list[str]:
    """The words of `text` without their endings: what is compared."""
    return [_stem(word) for word in words(text)]


class _Stems(Tokenizer):
    def tokenize(self, text: str) -> list[str]:
        return stems(text)


def rouge(written: Sequence[str], wanted: Sequence[str], names: Sequence[str] = tuple(ROUGE)) -> np.ndarray:
    """F1 of each summary against the wanted one, float64 (summaries, names), 0 to 1 (Lin, ACL workshop 2004).

    `names` are keys of `ROUGE` and `LINES`. An empty summary has 0. Raises ValueError unless there are as many wanted
    summaries as written ones, and some.
    """
    if not len(written) or len(written) != len(wanted):
        raise ValueError(f"{len(written)} summaries against {len(wanted)} references")
    kinds = [(ROUGE | LINES)[name] for name in names]
    scorer = RougeScorer(kinds, tokenizer=_Stems())
    found = (scorer.score(reference, text) for text, reference in zip(written, wanted, strict=True))
    return np.array([[scores[kind].fmeasure for kind in kinds] for scores in found])
