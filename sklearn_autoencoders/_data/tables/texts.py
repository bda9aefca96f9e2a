"""Texts as rows of categories: one column for each position, with the symbols of all texts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from itertools import chain
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from ..._utils.layout import Layout
from ..._utils.user_warnings import warn_user
from .column_kinds import Limits

# Half the memory of float64, and exact for the indices of symbols.
Cells = NDArray[np.float32]


@dataclass(frozen=True)
class Texts:
    """Texts of the symbols that occurred in the fit.

    A text becomes the indices of its symbols. A list of texts is padded: the symbol after the last
    one of a text is the end, and all cells after it are missing.

    Parameters
    ----------
    symbols : list of str
        The characters that occurred in the fit, from the most frequent one to the rarest.

    length : int
        Number of positions.

    has_end : bool
        Whether the index after those of the symbols stands for the end of a text.

    is_fixed : bool
        Whether texts cannot be longer than in the fit.
    """

    symbols: list[str]
    length: int
    has_end: bool
    is_fixed: bool

    is_sequence: ClassVar[bool] = True

    @classmethod
    def learn(cls, texts: Sequence[str] | str, limits: Limits) -> tuple[Texts, Cells]:
        """Return the texts of a fit, and their cells.

        Parameters
        ----------
        texts : sequence of str or str
            The texts. A single one has no end.

        limits : Limits
            Which symbols are infrequent; these are missing cells. Texts are fixed if it has no
            `chunk_size`.
        """
        is_fixed, has_end = limits.chunk_size is None, not isinstance(texts, str)
        if is_fixed and not has_end:
            raise TypeError(
                "X is a single string. Pass a list of strings, one for each sample, for instance "
                "X.splitlines(); only AutoregressiveGenerator, with a causal network, is fitted to "
                "a single long text."
            )
        counts = Counter(chain.from_iterable(as_list(texts)))
        if not counts:
            raise ValueError("X contains no character, so that there is nothing to learn.")
        ranked = sorted(counts, key=lambda symbol: (-counts[symbol], symbol))
        n_kept = limits.n_frequent(
            np.array([counts[symbol] for symbol in ranked]), sum(counts.values())
        )
        own = cls(ranked[: max(n_kept, 1)], 0, has_end, is_fixed)
        cells = own.encode(texts)
        return replace(own, length=cells.shape[1]), cells

    @property
    def n_symbols(self) -> int:
        """Number of symbols, with the end."""
        return len(self.symbols) + self.has_end

    @property
    def n_categories(self) -> tuple[int, ...]:
        """Number of symbols at each position."""
        return (self.n_symbols,) * self.length

    @property
    def layout(self) -> Layout:
        """The inputs of a network for the positions."""
        return Layout(self.n_categories, is_shared=True)

    def check(self, estimator: Any, X: Any, reset: bool) -> None:
        """Raise an error if X are not texts; store the number of positions if `reset`."""
        texts = texts_of(X)
        if texts is None and np.shape(X) == (0,):
            raise ValueError(
                f"Found array with 0 sample(s) while a minimum of 1 is required by "
                f"{type(estimator).__name__}: X is an empty list of texts."
            )
        if texts is None:
            raise TypeError(
                f"{type(estimator).__name__} was fitted to texts, and X is not a list of strings; "
                f"got {type(X).__name__}."
            )
        if reset:
            estimator.n_features_in_ = self.length
            if hasattr(estimator, "feature_names_in_"):
                del estimator.feature_names_in_

    def encode(self, X: Any, *, marks_unknown: bool = False) -> Cells:
        """Return the cells of texts; unknown symbols are missing, also if they are to be marked."""
        texts = as_list(texts_of(X))
        n_cells = max((len(text) for text in texts), default=0) + self.has_end
        if self.length and self.is_fixed:
            self._check_lengths(texts)
            n_cells = self.length
        index = {symbol: float(place) for place, symbol in enumerate(self.symbols)}
        cells = np.full((len(texts), n_cells), np.nan, dtype=np.float32)
        for row, text in zip(cells, texts, strict=True):
            row[: len(text)] = [index.get(symbol, np.nan) for symbol in text]
            row[len(text) : len(text) + self.has_end] = len(self.symbols)
        return cells

    def shortened(self, X: Any) -> Any:
        """Return texts without the characters after the last position, with a warning."""
        texts = as_list(texts_of(X)) if self.is_fixed else []
        too_long = self._too_long(texts)
        if not too_long:
            return X
        longest = self.length - self.has_end
        warn_user(
            f"{len(too_long)} text(s) of X are longer than the longest one in the fit, the first "
            f"at index {too_long[0]}. Characters after the first {longest} are not read. If they "
            "matter, fit to texts that include such long ones.",
            UserWarning,
        )
        return [text[:longest] for text in texts]

    def prefix(self, text: str) -> Cells:
        """Return the cells of the beginning of a text, which has no end."""
        if not isinstance(text, str):
            raise TypeError(f"prompt must be a string, as X in the fit; got {text!r}.")
        return self.beginnings(text)

    def beginnings(self, X: Any) -> Cells:
        """Return the cells of the beginnings of texts, which have no end."""
        return replace(self, has_end=False).encode(X)

    def lengths(self, X: Any) -> NDArray[np.intp]:
        """Return the numbers of characters of texts, also of unknown ones."""
        return np.array([len(text) for text in as_list(texts_of(X))], dtype=np.intp)

    @property
    def end(self) -> int | None:
        """The index that stands for the end of a text."""
        return len(self.symbols) if self.has_end else None

    def _check_lengths(self, texts: Sequence[str]) -> None:
        """Raise ValueError if a text is longer than those of the fit."""
        for place in self._too_long(texts):
            raise ValueError(
                f"The text at index {place} has {len(texts[place])} characters, but the longest "
                f"one in the fit had {self.length - self.has_end}. Shorten it, or fit to texts of "
                "this length."
            )

    def _too_long(self, texts: Sequence[str]) -> list[int]:
        """Return the indices of the texts that are longer than those of the fit."""
        longest = self.length - self.has_end
        return [place for place, text in enumerate(texts) if len(text) > longest]

    def split_unknown(self, cells: Cells) -> tuple[Cells, None]:
        """Return the cells, of which none is marked as unknown."""
        return cells, None

    def with_unknown(self, X: Any) -> list[Any]:
        """Return the symbols that did not occur in the fit."""
        return sorted(set(chain.from_iterable(as_list(texts_of(X)))) - set(self.symbols))

    def valid(self, cells: NDArray[Any], are_means: bool = False) -> NDArray[Any]:
        """Return the cells, all of which are valid."""
        return cells

    def decode(self, cells: NDArray[Any], X: Any = None, known: Any = None) -> list[str]:
        """Return the texts of cells, up to the end; missing cells are left out.

        If the number of positions is fixed, texts are not longer than those of the fit.
        """
        longest = self.length - self.has_end if self.is_fixed else None
        return self._joined(cells[:, :longest], "")

    def restore(self, cells: NDArray[Any], missing: str | None = None) -> list[str]:
        """Return texts with these cells.

        Parameters
        ----------
        cells : ndarray of shape (n_samples, n_columns)
            Indices of characters; NaN where one is missing.

        missing : str or None, default=None
            Character in place of a missing one. By default one that is in none of the texts.

        Returns
        -------
        list of str
            The texts.
        """
        if missing is None:
            others = map(chr, range(0xE000, 0xF8FF))  # which have no meaning in Unicode
            missing = next(char for char in others if char not in self.symbols)
        return self._joined(cells, missing)

    def mended(self, cells: NDArray[Any], X: Any) -> list[str]:
        """Return the texts of cells; characters of X that did not occur in the fit remain.

        Nothing is known of texts of such characters alone, which therefore remain as a whole.

        Parameters
        ----------
        cells : ndarray of shape (n_samples, n_columns)
            Indices of characters.

        X : sequence of str
            One text for each row of cells. An end before an unknown character is left out.
        """
        texts, given = as_list(texts_of(X)), self.beginnings(X)
        is_unknown = np.zeros(cells.shape, dtype=bool)
        is_unknown[:, : given.shape[1]] = np.isnan(given)
        is_unknown &= np.arange(cells.shape[1]) < self.lengths(X)[:, None]
        chars, is_before_end = self._characters(cells, "")
        known = set(self.symbols)
        chars[is_unknown] = [char for char in chain.from_iterable(texts) if char not in known]
        is_before_end |= is_unknown[:, ::-1].cumsum(axis=1)[:, ::-1] > 0
        return [
            text if text and known.isdisjoint(text) else "".join(row[own])
            for text, row, own in zip(texts, chars, is_before_end, strict=True)
        ]

    def _joined(self, cells: NDArray[Any], missing: str) -> list[str]:
        """Return the texts of cells, up to the end, with a character for missing cells."""
        rows = zip(*self._characters(cells, missing), strict=True)
        return ["".join(row[is_before_end]) for row, is_before_end in rows]

    def _characters(self, cells: NDArray[Any], missing: str) -> tuple[NDArray[Any], NDArray[Any]]:
        """Return the character of each cell, "" for an end, and whether it is before the end."""
        symbols = np.array([*self.symbols, "", missing], dtype=object)
        places = np.where(np.isnan(cells), len(symbols) - 1, cells).astype(np.intp)
        return symbols[places], (cells == len(self.symbols)).cumsum(axis=1) == 0

    def to_dict(self) -> dict[str, Any]:
        """Return plain values, from which :meth:`from_dict` restores the texts."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Texts:
        """Return the texts from which :meth:`to_dict` computed the values."""
        return cls(**values)


def texts_of(X: Any) -> Sequence[str] | str | None:
    """Return texts if X is a string or a sequence of strings; None for anything else.

    Raises
    ------
    TypeError
        If some of its elements are not strings.
    """
    if isinstance(X, str):
        return X
    if hasattr(X, "to_pylist") and not hasattr(X, "columns"):  # an array of Arrow
        X = X.to_pylist()
    is_sequence = isinstance(X, list | tuple) or len(getattr(X, "shape", ())) == 1
    if not is_sequence:
        return None
    values = list(X)
    are_texts = [isinstance(value, str) for value in values]
    if not any(are_texts):
        return None
    if not all(are_texts):
        place = are_texts.index(False)
        raise TypeError(
            f"X is a list of texts, but the element at index {place} is {values[place]!r}. Pass "
            'strings only; "" is an empty text.'
        )
    return values


def as_list(texts: Sequence[str] | str | None) -> Sequence[str]:
    """Return a single text as a list of one."""
    return [texts] if isinstance(texts, str) else texts or []
