"""Candidates for misspelled words, from a dictionary."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from numbers import Integral, Real
from typing import ClassVar, NamedTuple

import numpy as np
from numpy.typing import NDArray

from .._utils.part import Part
from .._utils.sklearn_compat import Constraints, Interval
from ._edit_distance import EditDistances, sound_of

# Letters, with apostrophes between them.
_WORD = re.compile("[^\\W\\d_]+(?:['\u2019][^\\W\\d_]+)*")

# A letter that hardly any text contains stands for those that are not known.
UNKNOWN_LETTER = "\ua66e"

# Writes a word in capitals.
Capitals = Callable[[str], str]

# Number of occurrences of a word that is not in the dictionary.
_UNKNOWN = 0.01


class Candidate(NamedTuple):
    """A word that may be meant.

    Parameters
    ----------
    position : int
        Index of the first character of the given word in the text.

    word, candidate : str
        The given word, and what may be meant; it can be the given word itself.

    distance : float
        How much the two differ, as defined in :class:`Spelling`; 0 for the same word.

    confidence : float
        Probability that the network gives to the candidate, relative to the other candidates.
    """

    position: int
    word: str
    candidate: str
    distance: float
    confidence: float


class Spelling(Part):
    r"""Correction of words by similar, frequent ones in which the network has confidence.

    Of all words :math:`c` of a dictionary that are similar to the given word :math:`w`, and of that
    word itself, the one with the largest

    .. math:: \log f(c) + \alpha \log p(c \mid x) - \lambda\, d(w, c) - \mu\, [w \ne c]

    takes its place, where :math:`f(c)` is its frequency and :math:`p(c \mid x)` the probability of
    the characters of :math:`c` and of the end of the word, given the text :math:`x`, or the word
    alone (see `context`). The distance :math:`d` is the mean of two numbers of edits: between the
    spellings, where a key next to the right one counts half, and between their sounds in English.
    Words of a text are corrected from left to right. Candidates for a word with capitals, "Teh" or
    "TEH", are those for "teh" too, with the same capitals.

    Parameters
    ----------
    words : dict of str to float, sequence of str or None, default=None
        The dictionary: words and how often they occur, or words that are equally frequent. None for
        the words of the texts in `fit`. Without `context`, words that are longer than all texts of
        the fit are not candidates.

    confidence : float, default=0.25
        Weight :math:`\alpha` of the network; 0 for the dictionary alone.

    distance : float, default=6.0
        Weight :math:`\lambda` of the distance, in nats per edit; 0 for the network and the
        frequencies alone.

    threshold : float, default=2.0
        How much better a candidate has to be than a given word of the dictionary: :math:`\mu`, in
        nats. Words that are not in the dictionary have :math:`\mu = 0`, and a frequency as if they
        occurred 0.01 times.

    max_distance : float, default=3.0
        Largest number of edits between the spellings, at least 0. Words that sound the same can
        differ by one more. There are always fewer edits than characters.

    n_candidates : int, default=20
        Number of the most similar words that are compared.

    context : bool, default=False
        Whether the network reads the whole text, as :class:`BidirectionalRecurrent` fitted to texts
        of several words. By default it reads each word by itself, so that texts can be of any
        length: fit it to words, each as often as it occurs.

    References
    ----------
    .. [1] Y. Hong, X. Yu, N. He, N. Liu and J. Liu, "FASPell: A Fast, Adaptable, Simple, Powerful
       Chinese Spell Checker Based on DAE-Decoder Paradigm", W-NUT 2019.

    Examples
    --------
    >>> from sklearn_autoencoders import DenoisingAutoencoder
    >>> from sklearn_autoencoders.corruptions import Typo
    >>> from sklearn_autoencoders.texts import Spelling
    >>> words = "the cat sat on the mat and the rat ate the hat".split() * 20
    >>> denoiser = DenoisingAutoencoder(
    ...     corruption=Typo(0.1), spelling=Spelling(), max_epochs=20, random_state=0
    ... ).fit(words)
    >>> denoiser.transform(["teh cat zat on the mat"])
    ['the cat sat on the mat']
    """

    _parameter_constraints: ClassVar[Constraints] = {
        "words": [dict, "array-like", None],
        "confidence": [Interval(Real, 0, None, closed="left")],
        "distance": [Interval(Real, 0, None, closed="left")],
        "threshold": [Interval(Real, 0, None, closed="left")],
        "max_distance": [Interval(Real, 0, None, closed="left")],
        "n_candidates": [Interval(Integral, 1, None, closed="left")],
        "context": ["boolean"],
    }

    def __init__(
        self,
        words: dict[str, float] | Sequence[str] | None = None,
        confidence: float = 0.25,
        distance: float = 6.0,
        threshold: float = 2.0,
        max_distance: float = 3.0,
        n_candidates: int = 20,
        context: bool = False,
    ):
        self.words = words
        self.confidence = confidence
        self.distance = distance
        self.threshold = threshold
        self.max_distance = max_distance
        self.n_candidates = n_candidates
        self.context = context


def counts_of(words: Mapping[str, float] | Sequence[str]) -> dict[str, float]:
    """Return how often words occur; raise TypeError or ValueError if that cannot be."""
    counts = dict(words) if isinstance(words, Mapping) else dict.fromkeys(words, 1.0)
    for word, count in counts.items():
        if not isinstance(word, str):
            raise TypeError(f"The words of Spelling must be strings; got {word!r}.")
        if not (isinstance(count, Real) and 0 < count < math.inf):
            raise ValueError(
                "The words of Spelling must occur a positive, finite number of times; got "
                f"{count!r} for {word!r}. Leave out words that do not occur."
            )
    return counts


def capitals_of(word: str) -> Capitals | None:
    """Return what writes a word in the capitals of another one; None if it has none of its own."""
    if len(word) > 1 and word.isupper():
        return str.upper
    return _with_capital if word[:1].isupper() and not word[1:].isupper() else None


def _with_capital(word: str) -> str:
    return word[:1].upper() + word[1:]


class WordList:
    """The words of a dictionary, and which of them are similar to a word.

    Parameters
    ----------
    words : dict of str to float, or sequence of str
        The words, and how often they occur.

    spelling : Spelling
        How far and how many candidates are.
    """

    def __init__(self, words: Mapping[str, float] | Sequence[str], spelling: Spelling) -> None:
        counts = counts_of(words)
        self._counts, self._total = counts, max(sum(counts.values()), 1.0)
        self.words, self._spelling = list(counts), spelling
        self._by_letters = EditDistances(self.words, keyboard=True)
        sounds = [sound_of(word) for word in self.words]
        self._by_sound, self._alike = EditDistances(sounds), places_of(sounds)
        self._found: dict[str, tuple[list[str], NDArray[np.float64]]] = {}

    def __contains__(self, word: str) -> bool:
        return self._count(word, capitals_of(word)) > 0

    def log_frequencies(self, words: Sequence[str]) -> NDArray[np.float64]:
        """Return the logarithms of the frequencies of candidates, the given word first.

        If it has capitals, words of the dictionary in small letters are the same words.
        """
        capitals = capitals_of(words[0])
        counts = np.array([self._count(word, capitals) or _UNKNOWN for word in words])
        frequencies: NDArray[np.float64] = np.log(counts / self._total)
        return frequencies

    def _count(self, word: str, capitals: Capitals | None) -> float:
        small = 0.0 if capitals is None else self._counts.get(word.lower(), 0.0)
        return float(self._counts.get(word, 0.0) + small)

    def similar(self, word: str) -> tuple[list[str], NDArray[np.float64]]:
        """Return the given word and similar ones, with the same capitals, and their distances."""
        if word not in self._found:
            distances, capitals = {word: 0.0}, capitals_of(word)
            for given in dict.fromkeys([word, word.lower()] if capitals else [word]):
                for one, distance in zip(*self._search(given), strict=True):
                    other = capitals(one) if capitals else one
                    distances[other] = min(distance, distances.get(other, math.inf))
            nearest = sorted(distances, key=lambda one: (one != word, distances[one]))
            nearest = nearest[: self._spelling.n_candidates + 1]
            self._found[word] = nearest, np.array([distances[one] for one in nearest])
        return self._found[word]

    def _search(self, word: str) -> tuple[list[str], NDArray[np.float64]]:
        limit, sound = self._spelling.max_distance, sound_of(word)
        near = self._by_letters.within(word, limit)[0]
        places = np.union1d(near, self._alike.get(sound, near[:0]))
        edits = self._by_letters.between(word, places)
        distances = (edits + self._by_sound.between(sound, places)) / 2.0
        is_other = (edits > 0) & (edits <= limit + 1) & (edits < len(word))
        places, distances = places[is_other], distances[is_other]
        order = distances.argsort(kind="stable")[: self._spelling.n_candidates]
        others = [self.words[place] for place in places[order]]
        return [word, *others], np.array([0.0, *distances[order]])


def places_of(values: Sequence[str]) -> dict[str, NDArray[np.intp]]:
    """Return the places of each value."""
    places: dict[str, list[int]] = {}
    for place, value in enumerate(values):
        places.setdefault(value, []).append(place)
    return {value: np.array(own, dtype=np.intp) for value, own in places.items()}


def words_in(text: str) -> Iterator[re.Match[str]]:
    """Return the words of a text."""
    return _WORD.finditer(text)


def next_word(text: str, start: int) -> re.Match[str] | None:
    """Return the first word of a text that begins at a position or later."""
    return _WORD.search(text, start)


def count_words(texts: Iterable[str]) -> Counter[str]:
    """Return how often each word of some texts occurs, without those with `UNKNOWN_LETTER`."""
    words = (match.group() for text in texts for match in words_in(text))
    return Counter(word for word in words if UNKNOWN_LETTER not in word)
