"""Corruption of texts."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from numbers import Real
from typing import ClassVar

import torch
from torch import Tensor

from .._utils.keyboard import are_neighbors
from .._utils.sklearn_compat import Constraints
from ._base import Corruption, Range, number_or_pair, per_sample, uniform

# Kinds of errors, equally likely.
_REPLACED, _INSERTED, _DELETED, _TRANSPOSED = range(4)


class Typo(Corruption):
    r"""Typing errors: characters of a text are replaced, inserted, left out or transposed.

    Each character is in error with probability `rate`, and the four kinds of errors are equally
    likely: another character stands in its place or follows it, it is missing, or it changes places
    with the next one. The characters after it move accordingly. White space is left unchanged, so
    that words remain words, and no text becomes longer than the longest one of the fit.

    The corruption is for texts as samples, and learns their characters from the estimator. A
    character that did not occur in the fit is moved, but not changed.

    Parameters
    ----------
    rate : float or pair of float, default=0.05
        Probability in [0, 1] of an error per character. A pair (low, high) is a range from which a
        value is drawn for every sample.

    keyboard : bool, default=True
        Whether a wrong character is on a key next to that of the right one, on an English keyboard
        and in the same case. Otherwise, and for characters without such a neighbor in the texts, it
        is any character of the texts but white space.

    symbols : sequence of str or None, default=None
        The characters to which indices in the samples refer; the next index is the end of a text.
        None for those of the texts in `fit`. It is only needed outside of an estimator.

    See Also
    --------
    Masking : Characters become missing; `corruption=[Typo(), Masking(0.1)]` applies both.

    Examples
    --------
    >>> import torch
    >>> from sklearn_autoencoders.corruptions import Typo
    >>> typo = Typo(rate=0.3, symbols=["e", "h", "t"])  # the index 3 is the end of a text
    >>> x = torch.tensor([[2.0, 1.0, 0.0, 3.0, torch.nan]])  # the
    >>> typo(x, torch.Generator().manual_seed(1))
    tensor([[2., 1., 1., 0., 3.]])
    """

    _parameter_constraints: ClassVar[Constraints] = {
        "rate": number_or_pair(Real, 0, 1, "both"),
        "keyboard": ["boolean"],
        "symbols": [list, tuple, None],
    }
    on_categories = "corrupted"

    def __init__(
        self, rate: Range = 0.05, keyboard: bool = True, symbols: Sequence[str] | None = None
    ):
        self.rate = rate
        self.keyboard = keyboard
        self.symbols = symbols

    def bound_to(self, symbols: Sequence[str] | None) -> Typo:
        """Return the corruption of texts of these characters.

        Parameters
        ----------
        symbols : sequence of str or None
            The characters of the texts, None if samples are not texts.

        Returns
        -------
        Typo
            A new corruption.

        Raises
        ------
        TypeError
            If samples are not texts.
        """
        if symbols is None:
            raise TypeError(
                "Typo is a corruption of texts, and X is not a list of strings. Use Masking or "
                "Swap for tables, and Gaussian for numbers."
            )
        return Typo(self.rate, self.keyboard, list(symbols))

    def __call__(self, x: Tensor, generator: torch.Generator, *, shared: bool = False) -> Tensor:
        if self.symbols is None:
            raise ValueError(
                "symbols must be given to use Typo outside of an estimator, which sets them; got "
                "None. Pass the characters to which the indices in x refer."
            )
        rate = per_sample(self.rate, x, generator, shared)
        where, which, other = (uniform(x, generator, shared, x.shape[1]) for _ in range(3))
        may_change, table, counts = self._tables(x)
        kind = (4 * which).long().masked_fill((where >= rate) | ~may_change, -1)
        x = _transposed(x, (kind == _TRANSPOSED) & may_change.roll(-1, 1))
        index = _index(x, len(self.symbols))
        others = table[index, (other * counts[index]).long()].to(x)
        x = torch.where((kind == _REPLACED) & may_change, others, x)
        inserted = (kind == _INSERTED) & may_change
        n_free = (x == len(self.symbols)).cumsum(1).sum(1, keepdim=True) - 1
        return _moved(x, others, inserted & (inserted.cumsum(1) <= n_free), kind == _DELETED)

    def _tables(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Return which cells can be in error, and the characters that can replace each one."""
        assert self.symbols is not None
        parts = _replacements(tuple(self.symbols), bool(self.keyboard))
        is_visible, table, counts = (part.to(x.device) for part in parts)
        is_symbol = (x >= 0) & (x < len(self.symbols))  # neither missing nor the end
        return is_symbol & is_visible[_index(x, len(self.symbols))], table, counts


def _index(x: Tensor, n_symbols: int) -> Tensor:
    """Return the indices of characters; any for missing ones and the end."""
    return x.nan_to_num().long().clamp(0, n_symbols - 1)


@lru_cache(maxsize=8)
def _replacements(symbols: tuple[str, ...], keyboard: bool) -> tuple[Tensor, Tensor, Tensor]:
    """Return which characters can be in error, what can replace them, and the numbers of these."""
    visible = [place for place, symbol in enumerate(symbols) if not symbol.isspace()]
    rows = []
    for place, symbol in enumerate(symbols):
        others = [k for k in visible if k != place]
        near = [k for k in others if keyboard and are_neighbors(symbol, symbols[k])]
        rows.append(near or others or [place])
    table = torch.zeros(len(symbols), max(map(len, rows), default=1), dtype=torch.long)
    for place, row in enumerate(rows):
        table[place, : len(row)] = torch.tensor(row)
    is_visible = torch.tensor([not symbol.isspace() for symbol in symbols])
    return is_visible, table, torch.tensor([len(row) for row in rows])


def _transposed(x: Tensor, first: Tensor) -> Tensor:
    """Return samples in which cells have changed places with the next ones."""
    first = first & ~first.roll(1, 1)
    first[:, -1] = False  # has no next cell
    place = torch.arange(x.shape[1], device=x.device) + first.long() - first.roll(1, 1).long()
    return x.gather(1, place.expand_as(x))


def _moved(x: Tensor, others: Tensor, inserted: Tensor, deleted: Tensor) -> Tensor:
    """Return samples without deleted cells, and with other characters after some of them."""
    n_columns = x.shape[1]
    size = 1 + inserted.long() - deleted.long()
    start = size.cumsum(1) - size
    result = x.new_full((len(x), n_columns + 1), torch.nan)  # the last column is for what is lost
    result.scatter_(1, start.masked_fill(deleted, n_columns).clamp(max=n_columns), x)
    after = (start + 1).masked_fill(~inserted, n_columns).clamp(max=n_columns)
    result.scatter_(1, after, others)
    return result[:, :n_columns].clone()
