"""Distances between words: edits, neighboring keys, and sound."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .._utils.keyboard import are_neighbors

# Cost of the replacement of a character by one on a neighboring key; that of other edits is one.
_NEAR_KEY = 0.5

# Spellings that sound alike in English, in the order of their replacement.
_SOUNDS = [
    (re.compile(pattern), sound)
    for pattern, sound in (
        ("['\u2019]", ""),
        (r"^(kn|gn|pn)", "n"),
        ("^wr", "r"),
        ("^wh", "w"),
        ("(ti|si|ci)(?=on|an|ou|al)", "x"),
        ("(tch|sch|sh|ch)", "x"),
        ("gh(?=t|$)", ""),
        ("ph", "f"),
        ("(ck|qu|q|c(?![eiy]))", "k"),
        ("[cz]", "s"),
        ("(dg|g(?=[eiy]))", "j"),
        ("e$", ""),
        ("[aeiouyw]+", "a"),
        (r"(.)\1+", r"\1"),
    )
]


def sound_of(word: str) -> str:
    """Return letters for how an English word sounds, with one letter for all vowels."""
    word = word.lower()
    for pattern, sound in _SOUNDS:
        word = pattern.sub(sound, word)
    return word


class EditDistances:
    """Numbers of edits between a string and many others.

    An edit inserts, deletes or replaces a character, or transposes two neighbors; no character is
    edited twice ("optimal string alignment").

    Parameters
    ----------
    strings : sequence of str
        The other strings.

    keyboard : bool, default=False
        Whether the replacement of a character by one on a neighboring key costs half an edit.
    """

    def __init__(self, strings: Sequence[str], keyboard: bool = False) -> None:
        self.strings, self.keyboard = strings, keyboard
        self._lengths = np.array([len(string) for string in strings], dtype=np.intp)
        self._letters = sorted(set("".join(strings)))
        self._codes, self._counts = self._encoded()

    def _encoded(self) -> tuple[NDArray[np.int32], NDArray[np.int16]]:
        """Return characters as numbers, -1 after the last, and how often each letter occurs."""
        size = self._lengths.max(initial=0)
        padded = np.array(self.strings, dtype=f"U{max(size, 1)}")
        points = padded.view(np.uint32).reshape(len(padded), padded.itemsize // 4).T[:size]
        is_letter = np.arange(size)[:, None] < self._lengths
        known = np.array([ord(letter) for letter in self._letters], dtype=np.uint32)
        codes = np.where(is_letter, np.searchsorted(known, points), -1).astype(np.int32)
        counts = np.array([(codes == k).sum(0) for k in range(len(known))], dtype=np.int16)
        return codes, counts.reshape(len(known), len(padded))

    def within(self, string: str, limit: float) -> tuple[NDArray[np.intp], NDArray[np.float32]]:
        """Return the places of the strings within a distance, and their distances.

        Parameters
        ----------
        string : str
            The string.

        limit : float
            The largest distance.

        Returns
        -------
        places : ndarray of shape (n,)
            Places of the strings.

        distances : ndarray of shape (n,)
            Their distances.
        """
        places = np.flatnonzero(self._fewest_edits(string) <= limit)
        distances = self.between(string, places)
        is_near = distances <= limit
        return places[is_near], distances[is_near]

    def _fewest_edits(self, string: str) -> NDArray[Any]:
        """Return a lower bound of the distances: letters that one of two strings has alone.

        A replacement that costs half an edit removes one from either string.
        """
        own = np.array([string.count(letter) for letter in self._letters], dtype=np.int16)
        surplus = self._counts - own[:, None]
        n_more = surplus.clip(min=0).sum(0)
        n_less = surplus.clip(max=0).sum(0)
        n_unknown = len(string) - own.sum()
        n_other, n_own = n_more, n_unknown - n_less
        cost = _NEAR_KEY if self.keyboard else 1.0
        bound: NDArray[Any] = cost * np.minimum(n_other, n_own) + np.abs(n_other - n_own)
        return bound

    def between(self, string: str, places: NDArray[np.intp]) -> NDArray[np.float32]:
        """Return the distances of a string from some of the others."""
        lengths = self._lengths[places]
        codes = self._codes[: lengths.max(initial=0), places]
        above = np.repeat(np.arange(len(codes) + 1, dtype=np.float32)[:, None], len(places), 1)
        before: NDArray[Any] = above
        indices = [self._letters.index(c) if c in self._letters else -2 for c in string]
        for place, index in enumerate(indices):
            row = np.empty_like(above)
            row[0] = place + 1
            row[1:] = np.minimum(above[1:] + 1, above[:-1] + self._costs(string[place], codes))
            if place:
                is_swap = (codes[1:] == indices[place - 1]) & (codes[:-1] == index)
                row[2:] = np.where(is_swap, np.minimum(row[2:], before[:-2] + 1), row[2:])
            for k in range(1, len(row)):
                np.minimum(row[k], row[k - 1] + 1, out=row[k])
            before, above = above, row
        distances: NDArray[np.float32] = above[lengths, np.arange(len(places))]
        return distances

    def _costs(self, character: str, codes: NDArray[np.int32]) -> NDArray[np.float32]:
        """Return the costs of replacing a character by others."""
        costs = [
            0.0 if letter == character else self._cost_of_pair(letter, character)
            for letter in self._letters
        ]
        return np.array([*costs, 1.0], dtype=np.float32)[codes]

    def _cost_of_pair(self, letter: str, character: str) -> float:
        return _NEAR_KEY if self.keyboard and are_neighbors(letter, character) else 1.0
