"""Texts in a denoising estimator, and the correction of their words."""

from __future__ import annotations

from collections import Counter
from numbers import Integral

import numpy as np
from sklearn.utils import check_scalar
from sklearn.utils.validation import check_is_fitted

from .._data.sources.sparse import as_dense
from .._data.tables.texts import as_list, texts_of
from .._inference.spelling import Speller
from .._utils.sklearn_compat import output_container
from ..texts._spelling import UNKNOWN_LETTER, count_words, counts_of


class SpellingMixin:
    """Candidates for the words of texts, for an estimator with the parameter `spelling`."""

    def candidates(self, X, k=5):
        """Return the words of texts that may be meant, with the confidence of the network.

        Parameters
        ----------
        X : list of str
            Texts.

        k : int, default=5
            Largest number of candidates for each word.

        Returns
        -------
        list of list of Candidate
            For each text a list of `(position, word, candidate, distance, confidence)`, for one
            word after another, the best candidate first. Unlike `transform`, no word is corrected
            before the candidates for the next ones are weighed.

        Raises
        ------
        ValueError
            If `spelling` is None or `k` is invalid.

        TypeError
            If the estimator was not fitted to texts.
        """
        check_is_fitted(self)
        if self.spelling is None:
            raise ValueError(
                "candidates needs a dictionary and distances: set_params(spelling=Spelling()), "
                "from sklearn_autoencoders.texts, before fit; got spelling=None."
            )
        check_scalar(k, "k", Integral, min_val=1)
        return self._speller.candidates(self._checked_texts(X), k)

    def _checked_texts(self, X):
        """Return X as a list of texts, or raise TypeError."""
        self._columns.check(self, X, reset=False)
        return list(as_list(texts_of(X)))

    def _check_corrects_texts(self):
        """Raise ValueError or TypeError unless the network can read X and has a size."""
        if self.network.is_causal:
            raise ValueError(
                f"network={self.network!r} predicts the next character, which only "
                "AutoregressiveGenerator is for. Use BidirectionalRecurrent() to correct texts."
            )
        if not self._is_of_texts:
            raise TypeError(
                f"network={self.network!r} reads texts, and X is not a list of strings. Use "
                "network=None for tables."
            )
        if isinstance(self.n_components, str) or self.n_components < 1:
            raise ValueError(
                f"n_components must be an int for network={self.network!r}, the number of its "
                f"units; got {self.n_components!r}. 256 is a common choice."
            )

    def _check_spells_texts(self):
        """Raise an error if `spelling` is invalid, or given for samples that are not texts."""
        if self.spelling is None:
            return
        self.spelling._validate_params()
        counts_of(self.spelling.words or {})
        if not self._is_of_texts:
            raise TypeError(
                f"spelling={self.spelling!r} corrects texts, but the estimator is not fitted to a "
                "list of strings. Use spelling=None for other samples."
            )

    def _in_column(self, denoised):
        """Return texts as a column if `set_output` asks for a frame; anything else unchanged."""
        if not self._is_of_texts or output_container(self) == "default":
            return denoised
        return np.array(denoised, dtype=object)[:, None]

    @property
    def _speller(self):
        """What corrects words with the fitted network."""
        self._check_spells_texts()
        words = self.words_ if self.spelling.words is None else self.spelling.words
        if words is None:
            raise ValueError(
                "The words of the texts are not known, because spelling was None in fit. Fit "
                "again, or give a dictionary: Spelling(words=...)."
            )
        return Speller(self._model, self._columns, self.spelling, words)

    def _post_fit_attributes(self, network, data):
        before = getattr(self, "words_", None)  # of partial_fit and warm_start
        if self.spelling is None:
            return {"words_": before}
        texts = self._columns.restore(as_dense(data.target), UNKNOWN_LETTER)
        return {"words_": dict((count_words(texts) + Counter(before or {})).most_common())}
