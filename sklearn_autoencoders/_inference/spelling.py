"""Words of texts weighed by a trained network."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import compress
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.utils import gen_batches

from .._data.batches import Data, SampleDataset
from .._data.model import Model
from .._data.spelling import Candidate, Spelling, WordList, words_in
from .._data.texts import Texts
from .run import run

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
        for place, ranked in self._by_word(list(texts)):
            found[place] += ranked[:k]
        return found

    def corrected(self, texts: Sequence[str]) -> list[str]:
        """Return texts in which each word is the best of its candidates."""
        texts = list(texts)
        for place, ranked in self._by_word(texts):
            best, text = ranked[0], texts[place]
            end = best.position + len(best.word)
            texts[place] = text[: best.position] + best.candidate + text[end:]
        return texts

    def _by_word(self, texts: list[str]) -> Iterator[tuple[int, list[Candidate]]]:
        """Yield the candidates for the first words of all texts, then those for the second ones.

        The texts may be changed meanwhile: each word is read in the text as it then is.
        """
        n_words = [sum(1 for _ in words_in(text)) for text in texts]
        for place in range(max(n_words, default=0)):
            rows = [row for row, n in enumerate(n_words) if n > place]
            for part in gen_batches(len(rows), _CHUNK):
                found = {row: list(words_in(texts[row]))[place] for row in rows[part]}
                yield from self._weighed(found)

    def _weighed(self, found: dict[int, re.Match[str]]) -> Iterator[tuple[int, list[Candidate]]]:
        """Yield the candidates for one word of each of some texts."""
        read = {row: self._read(match) for row, match in found.items()}
        if not self._spelling.context:  # longer words than in the fit remain as they are
            read = {row: own for row, own in read.items() if len(own[0]) < self._texts.length}
        strings = list(dict.fromkeys(string for string, _ in read.values()))
        values = dict(zip(strings, self._log_probabilities(strings), strict=True))
        for row, (string, start) in read.items():
            ranked = self._ranked(string, found[row].group(), start, values[string])
            position = found[row].start()
            yield row, [one._replace(position=position) for one in ranked]

    def _read(self, match: re.Match[str]) -> tuple[str, int]:
        """Return what the network reads for a word, and where in it the word begins."""
        return (match.string, match.start()) if self._spelling.context else (match.group(), 0)

    def _log_probabilities(self, texts: list[str]) -> NDArray[Any]:
        """Return those of the right symbols, of shape (n_texts, n_positions, n_symbols)."""
        if not texts:
            return np.empty(0)
        layout, cells = self._texts.layout, self._texts.encode(texts)
        samples = SampleDataset(self._model, Data(cells))
        flat = run(self._model, samples, lambda net, b: layout.log_softmax(net(b).reconstruction))
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

    def _log_likelihood(self, string: str, log_probabilities: NDArray[Any]) -> float:
        """Return that of symbols at the first positions."""
        places = [self._index.get(symbol, -1) for symbol in string]
        own = log_probabilities[np.arange(len(places)), places]
        return float(np.where(np.array(places) < 0, _UNKNOWN, own).sum())
