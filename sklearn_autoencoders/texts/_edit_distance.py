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

# Number of characters after which the strings that are too far away are left out.
_STEPS = 2

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
        self._known_costs: dict[str, NDArray[np.float32]] = {}

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
        distances = self.between(string, places, limit)
        is_near = distances <= limit
        return places[is_near], distances[is_near]

    def _fewest_edits(self, string: str) -> NDArray[Any]:
        """Return a lower bound of the distances: letters that one of two strings has alone.

        A replacement that costs half an edit removes one from either string.
        """
        n_shared = np.zeros(len(self.strings), dtype=np.int16)
        for letter in set(string) & set(self._letters):
            own = np.int16(string.count(letter))
            n_shared += np.minimum(self._counts[self._letters.index(letter)], own)
        n_other, n_own = self._lengths - n_shared, len(string) - n_shared
        cost = _NEAR_KEY if self.keyboard else 1.0
        bound: NDArray[Any] = cost * np.minimum(n_other, n_own) + np.abs(n_other - n_own)
        return bound

    def between(
        self, string: str, places: NDArray[np.intp], limit: float = np.inf
    ) -> NDArray[np.float32]:
        """Return the distances of a string from some of the others; infinite ones above a limit."""
        lengths, left = self._lengths[places], np.arange(len(places))
        codes = self._codes[: lengths.max(initial=0)].take(places, 1)
        above = np.repeat(np.arange(len(codes) + 1, dtype=np.float32)[:, None], len(places), 1)
        before: NDArray[Any] = above
        indices = [self._letters.index(c) if c in self._letters else -2 for c in string]
        for place, character in enumerate(string):
            pair = indices[max(place - 1, 0) : place + 1]
            costs = self._costs(character, codes)
            before, above = above, _next_row(before, above, costs, codes, pair, place + 1)
            if place % _STEPS == _STEPS - 1:
                is_near = np.minimum(before, above).min(0) <= limit
                left, codes = left[is_near], codes.compress(is_near, 1)
                before, above = before.compress(is_near, 1), above.compress(is_near, 1)
        distances = np.full(len(places), np.inf, dtype=np.float32)
        distances[left] = above[lengths[left], np.arange(len(left))]
        return distances

    def _costs(self, character: str, codes: NDArray[np.int32]) -> NDArray[np.float32]:
        """Return the costs of replacing a character by others."""
        if character not in self._known_costs:
            costs = [
                0.0 if letter == character else self._cost_of_pair(letter, character)
                for letter in self._letters
            ]
            self._known_costs[character] = np.array([*costs, 1.0], dtype=np.float32)
        return self._known_costs[character][codes]

    def _cost_of_pair(self, letter: str, character: str) -> float:
        return _NEAR_KEY if self.keyboard and are_neighbors(letter, character) else 1.0


def _next_row(
    before: NDArray[Any],
    above: NDArray[Any],
    costs: NDArray[np.float32],
    codes: NDArray[np.int32],
    pair: list[int],
    n_read: int,
) -> NDArray[Any]:
    """Return the distances of the first `n_read` characters from the beginnings of strings.

    Parameters
    ----------
    before, above : ndarray of shape (n_characters + 1, n_strings)
        The distances of two characters less, and of one less.

    costs, codes : ndarray of shape (n_characters, n_strings)
        Costs of replacing the last character, and the characters of the strings.

    pair : list of int
        The last two characters.

    n_read : int
        The number of characters.
    """
    row = np.empty_like(above)
    row[0] = n_read
    row[1:] = np.minimum(above[1:] + 1, above[:-1] + costs)
    if len(pair) == 2:
        is_swap = (codes[1:] == pair[0]) & (codes[:-1] == pair[1])
        row[2:] = np.where(is_swap, np.minimum(row[2:], before[:-2] + 1), row[2:])
    for k in range(1, len(row)):
        np.minimum(row[k], row[k - 1] + 1, out=row[k])
    return row
