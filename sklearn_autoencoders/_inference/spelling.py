"""Words of texts weighed by a trained network."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import compress
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .._data.batches import SampleDataset
from .._data.data import Data
from .._data.model import Model
from .._data.tables.texts import Texts
from ..texts._spelling import Candidate, Spelling, WordList, next_word, words_in
from .run import free_output, run

# Number of texts whose probabilities are in memory at a time.
_CHUNK = 512
# Log-probability of a character that the network does not know.
_UNKNOWN = -20.0
# Stands for the end of a text, which is no character.
_END = "\0"


class Speller:
    """Candidates for the words of texts, and the texts with the best ones.

    Parameters
    ----------
    model : Model
        Its network was trained to correct texts.

    texts : Texts
        The symbols of the texts.

    spelling : Spelling
        How candidates are found and compared.

    words : dict of str to float, or sequence of str
        The dictionary.
    """

    def __init__(self, model: Model, texts: Texts, spelling: Spelling, words: Any) -> None:
        self._model, self._texts, self._spelling = model, texts, spelling
        self._index = {symbol: place for place, symbol in enumerate([*texts.symbols, _END])}
        self._list = WordList(words, spelling)

    def candidates(self, texts: Sequence[str], k: int) -> list[list[Candidate]]:
        """Return the k best candidates for each word, the best ones first."""
        found: list[list[Candidate]] = [[] for _ in texts]
        for row, ranked in self._by_word(list(texts)):
            found[row] += ranked[:k]
        return found

    def corrected(self, texts: Sequence[str]) -> list[str]:
        """Return texts in which each word is the best of its candidates."""
        texts = list(texts)
        for row, ranked in self._by_word(texts):
            best, text = ranked[0], texts[row]
            end = best.position + len(best.word)
            texts[row] = text[: best.position] + best.candidate + text[end:]
        return texts

    def _by_word(self, texts: list[str]) -> Iterator[tuple[int, list[Candidate]]]:
        """Yield the candidates for each word of each text; words may be replaced meanwhile."""
        return self._in_context(texts) if self._spelling.context else self._alone(texts)

    def _alone(self, texts: list[str]) -> Iterator[tuple[int, list[Candidate]]]:
        """Yield the candidates for words that are read by themselves; longer ones have none."""
        distinct = {match.group() for text in texts for match in words_in(text)}
        ranked = self._of_words(sorted(w for w in distinct if len(w) < self._texts.length))
        for row, text in enumerate(texts):
            for match in words_in(text):
                position = match.start() + len(texts[row]) - len(text)
                if match.group() in ranked:
                    yield row, [one._replace(position=position) for one in ranked[match.group()]]

    def _of_words(self, words: list[str]) -> dict[str, list[Candidate]]:
        ranked = {}
        for part in _chunks(words):
            for word, own in zip(part, self._log_probabilities(part), strict=True):
                ranked[word] = self._ranked(word, word, 0, own)
        return ranked

    def _in_context(self, texts: list[str]) -> Iterator[tuple[int, list[Candidate]]]:
        """Yield the candidates for the first word of each text, then for the next ones.

        Each word is read in the text as it then is.
        """
        ends = dict.fromkeys(range(len(texts)), 0)
        while ends:
            found = {row: next_word(texts[row], end) for row, end in ends.items()}
            ends, open_texts = {}, {row: match for row, match in found.items() if match}
            for rows in _chunks(list(open_texts)):
                values = self._log_probabilities([texts[row] for row in rows])
                for row, own in zip(rows, values, strict=True):
                    match, n_before = open_texts[row], len(texts[row])
                    yield row, self._ranked(texts[row], match.group(), match.start(), own)
                    ends[row] = match.end() + len(texts[row]) - n_before

    def _log_probabilities(self, texts: list[str]) -> NDArray[Any]:
        """Return those of the right symbols, of shape (n_texts, n_positions, n_symbols)."""
        layout, cells = self._texts.layout, self._texts.encode(list(map(self._readable, texts)))
        samples = SampleDataset(self._model, Data(cells))
        flat = run(
            self._model,
            samples,
            lambda network, batch: layout.log_softmax(free_output(network, batch).reconstruction),
        )
        by_position: NDArray[Any] = flat.reshape(len(texts), -1, self._texts.n_symbols)
        return by_position

    def _ranked(
        self, text: str, word: str, start: int, log_probabilities: NDArray[Any]
    ) -> list[Candidate]:
        """Return the candidates for a word, the best ones first."""
        words, distances = self._list.similar(word)
        after = text[start + len(word) :]
        room = len(log_probabilities) - start - len(after)  # for the word and the end
        fits = [len(own) < room for own in words]
        words, distances = list(compress(words, fits)), distances[fits]
        next_symbol = after[:1] or _END
        log_p = np.array(
            [self._log_likelihood(own + next_symbol, log_probabilities[start:]) for own in words]
        )
        scores = self._list.log_frequencies(words) - self._spelling.distance * distances
        scores += self._spelling.confidence * log_p
        scores[1:] -= self._spelling.threshold if word in self._list else 0.0
        confidence = np.exp(log_p - np.logaddexp.reduce(log_p))
        return [
            Candidate(start, word, words[k], float(distances[k]), float(confidence[k]))
            for k in (-scores).argsort(kind="stable")
        ]

    def _readable(self, text: str) -> str:
        """Return a text with small letters for capitals that the network does not know."""
        small = ((char, char.lower()) for char in text)
        return "".join(
            other if char not in self._index and len(other) == 1 else char for char, other in small
        )

    def _log_likelihood(self, string: str, log_probabilities: NDArray[Any]) -> float:
        """Return that of symbols at the first positions."""
        places = [self._index.get(symbol, -1) for symbol in self._readable(string)]
        own = log_probabilities[np.arange(len(places)), places]
        return float(np.where(np.array(places) < 0, _UNKNOWN, own).sum())


def _chunks(values: list[Any]) -> Iterator[list[Any]]:
    for start in range(0, len(values), _CHUNK):
        yield values[start : start + _CHUNK]
