"""Ratings or clicks of users: matrices, arrays and tables of triples as one sparse matrix."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from ..._utils.tensors import plain_array
from ..._utils.user_warnings import warn_user
from ..containers import check_is_container
from ..sources.parquet import is_dataset
from ..tables.frames import Table, table_of

Array = NDArray[np.float64]

# How the words begin that name the columns.
_WORDS = {"user": ("user",), "item": ("item",), "rating": ("rating", "stars", "score")}
# What frames are, by their number of columns, for messages.
_READ_AS = {
    2: "A frame of two columns is read as pairs of a user and an item: if it is a matrix of two "
    "items, pass X.to_numpy()",
    3: "A frame of three columns is read as triples of a user, an item and a rating: if it is a "
    "matrix of three items, pass X.to_numpy()",
}


@dataclass(frozen=True)
class Ratings:
    """Ratings of items by users.

    Parameters
    ----------
    matrix : csr_array of shape (n_users, n_items)
        The ratings in float64; those that are not stored are unknown.

    users : ndarray of shape (n_users,)
        The user of each row.

    items : ndarray of shape (n_items,)
        The item of each column.

    is_table : bool
        Whether users and items are identifiers from a table, not positions.
    """

    matrix: Any
    users: NDArray[Any]
    items: NDArray[Any]
    is_table: bool


def ratings_of(X: Any, items: NDArray[Any] | None = None, are_clicks: bool = False) -> Ratings:
    """Return ratings in any container.

    Parameters
    ----------
    X : sparse matrix, array of shape (n_users, n_items), or frame of three columns
        The stored values of a sparse matrix, the values of an array that are not NaN, or triples of
        a user, an item and a rating.

    items : ndarray of shape (n_items,) or None, default=None
        The items of a fit, in whose order the columns are to be.

    are_clicks : bool, default=False
        Whether a frame of two columns, users and items, consists of clicks.

    Returns
    -------
    Ratings
        Without missing values.
    """
    X = X.to_table() if is_dataset(X) else plain_array(X)
    check_is_container(X)
    if getattr(X, "dtype", np.float64) in (np.complex64, np.complex128):
        raise ValueError("Complex data not supported: X must contain real numbers.")
    if sparse.issparse(X):
        matrix = sparse.csr_array(X, dtype=np.float64)
        if not matrix.has_canonical_format:
            matrix = matrix.copy()
            matrix.sum_duplicates()
        return _of_matrix(_without_missing(matrix), items)
    if hasattr(X, "columns"):
        return _of_table(X, items, are_clicks)
    try:
        values = np.asarray(X, dtype=np.float64)
    except ValueError as error:
        raise ValueError(
            f"X must contain numbers as a matrix of users and items; {error}. Pass triples of "
            "user, item and rating as a frame, such as pandas.DataFrame(X)."
        ) from error
    if values.ndim != 2:
        raise ValueError(
            f"X must be a matrix of users and items, or a frame of the columns user, item and "
            f"rating; got an array of shape {values.shape}. Reshape your data."
        )
    rows, columns = np.nonzero(~np.isnan(values))
    matrix = sparse.csr_array((values[rows, columns], (rows, columns)), values.shape)
    return _of_matrix(matrix, items)


def _without_missing(matrix: Any) -> Any:
    """Return a matrix without the stored NaN."""
    known = ~np.isnan(matrix.data)
    if known.all():
        return matrix
    entries = matrix.tocoo()
    rows, columns = (own[known] for own in entries.coords)
    return sparse.csr_array((matrix.data[known], (rows, columns)), matrix.shape)


def _of_matrix(matrix: Any, items: NDArray[Any] | None) -> Ratings:
    n_users, n_items = matrix.shape
    if items is not None and len(items) != n_items:
        raise ValueError(
            f"X has {n_items} features, but AutoencoderRecommender is expecting {len(items)} "
            "features as input: one column for each item of the fit."
        )
    return Ratings(matrix, np.arange(n_users), np.arange(n_items), is_table=False)


def _of_table(X: Any, items: NDArray[Any] | None, are_clicks: bool) -> Ratings:
    table = table_of(X)
    has_ratings = not (are_clicks and table is not None and len(table.names) == 2)
    if table is None or (has_ratings and len(table.names) != 3):
        raise ValueError(
            f"X must have the three columns user, item and rating; got {len(X.columns)} "
            'columns. Select them in this order; leave the rating out with feedback="implicit"; or '
            "pass a matrix of users and items as an array, X.to_numpy()."
        )
    user, item, *rating = _places(table.names, ("user", "item", "rating")[: len(table.names)])
    users, others = table.factorized(user), table.factorized(item)
    if (users.codes < 0).any() or (others.codes < 0).any():
        raise ValueError(
            f"X has missing users or items in the columns {table.names[user]!r} and "
            f"{table.names[item]!r}. Drop these rows. "
            f"{_READ_AS[len(table.names)]}."
        )
    columns, ids = others.codes, _identifiers(others.values, "X has items")
    if items is not None:
        columns, ids = positions_of(ids, items, "X contains items")[columns], items
    shape = len(users.values), len(ids)
    values = _rating_column(table, rating[0]) if rating else np.ones(len(users.codes))
    _check_no_duplicates(users.codes, columns, len(ids), _READ_AS[len(table.names)])
    known = ~np.isnan(values)
    entries = values[known], (users.codes[known], columns[known])
    return Ratings(
        sparse.csr_array(entries, shape),
        _identifiers(users.values, "X has users"),
        ids,
        is_table=True,
    )


def _places(names: list[Any], roles: tuple[str, ...]) -> list[int]:
    """Return the places of columns: of those whose names say what they are, and others in order.

    The name of the users contains a word like "user" or "userId", and so on. Ratings come first:
    "user_rating" is a rating.
    """
    places: dict[str, int] = {}
    for role in reversed(roles):
        found = [i for i, name in enumerate(names) if _has_word(name, _WORDS[role])]
        found = [i for i in found if i not in places.values()]
        if len(found) == 1:
            places[role] = found[0]
    others = iter(i for i in range(len(names)) if i not in places.values())
    return [places[role] if role in places else next(others) for role in roles]


def _has_word(name: Any, beginnings: tuple[str, ...]) -> bool:
    """Return whether a word of a name, as in "movie_id" or "movieId", begins in a given way."""
    words = re.findall("[a-z]+", re.sub("([a-z])([A-Z])", r"\1 \2", str(name)).lower())
    return any(word.startswith(beginnings) for word in words)


def _rating_column(table: Table, place: int) -> Array:
    """Return the ratings of a table, or raise ValueError if they are not numbers."""
    try:
        return table.numbers(place)
    except (TypeError, ValueError) as error:
        raise ValueError(
            f"X must have the columns user, item and rating in this order, or with such "
            f"names; the ratings in column {table.names[place]!r} are not numbers. Select the "
            "columns in this order."
        ) from error


def pairs_of_table(X: Any) -> tuple[NDArray[Any], NDArray[Any]]:
    """Return the users and the items of a frame of two columns, read as those of ratings."""
    table = table_of(X)
    if table is None or len(table.names) != 2:
        raise ValueError("X must have the two columns user and item. Select them in this order.")
    columns = []
    places = _places(table.names, ("user", "item"))
    for index, what in zip(places, ("users", "items"), strict=True):
        found = table.factorized(index)
        if (found.codes < 0).any():
            raise ValueError(f"X has missing {what}. Drop these rows.")
        columns.append(_identifiers(found.values, f"X has {what}")[found.codes])
    return columns[0], columns[1]


def _identifiers(values: Any, what: str) -> NDArray[Any]:
    """Return identifiers as an array, or raise TypeError if some are strings and others not."""
    kinds = {isinstance(value, str) for value in values}
    if len(kinds) > 1:
        raise TypeError(
            f"{what} that are strings, and others that are not. Convert all to strings."
        )
    return np.array(values)


def _check_no_duplicates(
    users: NDArray[Any], items: NDArray[Any], n_items: int, read_as: str
) -> None:
    pairs = users.astype(np.int64) * n_items + items
    n_duplicates = len(pairs) - len(np.unique(pairs))
    if n_duplicates:
        raise ValueError(
            f"X has {n_duplicates} duplicate pair(s) of a user and an item. Keep one "
            f"of each, such as the last one, or the mean of its ratings. {read_as}."
        )


def positions_of(
    values: Any, known: NDArray[Any], what: str | None, remedy: str = "Leave them out."
) -> NDArray[np.intp]:
    """Return the positions of values among the known ones; -1, or ValueError, for others.

    Parameters
    ----------
    values : array-like of shape (n,)
        Identifiers.

    known : ndarray of shape (m,)
        Those of a fit.

    what : str or None
        Begin of the message, or None for -1.

    remedy : str, default="Leave them out."
        End of the message.
    """
    place = {value: index for index, value in enumerate(known.tolist())}
    listed = np.asarray(plain_array(values)).tolist()
    found = np.array([place.get(value, -1) for value in listed], dtype=np.intp)
    if what is not None and (found < 0).any():
        unknown = [value for value, index in zip(listed, found, strict=True) if index < 0]
        raise ValueError(f"{what} that were not in the fit: {unknown[:5]}. {remedy}")
    return found


# Number of unknown users or items from which on they are probably not just new.
_MANY_UNKNOWN = 10


def known_positions(values: Any, known: NDArray[Any], what: str) -> NDArray[np.intp]:
    """Return the positions of values among the known ones, -1 for others; warn if all are others.

    A few new users or items say nothing, unless their type is another one.

    Parameters
    ----------
    values : array-like of shape (n,)
        Identifiers.

    known : ndarray of shape (m,)
        Those of a fit.

    what : {"users", "items"}
        What they are, for the message.
    """
    found = positions_of(values, known, None)
    if len(found) == 0 or (found >= 0).any():
        return found
    first = np.asarray(plain_array(values)).tolist()[:1]
    if len(found) >= _MANY_UNKNOWN or type(first[0]) is not type(known.tolist()[0]):
        warn_user(
            f"None of the {what} in X, such as {first}, was in the fit, whose first ones are "
            f"{known[:3].tolist()}. They are predicted as unknown {what}. If they are known ones, "
            "convert them to the type of the fit, and pass users and items in this order.",
            UserWarning,
        )
    return found


def warn_of_zeros(X: Any, ratings: Ratings) -> None:
    """Warn if X is an array of ratings in which zeros probably stand for unknown ratings."""
    n_values = int(np.prod(ratings.matrix.shape))
    n_zeros = int(np.count_nonzero(ratings.matrix.data == 0))
    if not (ratings.is_table or sparse.issparse(X)) and 2 * n_zeros > n_values:
        warn_user(
            f"{n_zeros} of {n_values} values of the array X are 0, and are used as ratings of 0. "
            "If these ratings are unknown, use NaN or a sparse matrix, such as "
            'scipy.sparse.csr_array(X); of clicks, use feedback="implicit".',
            UserWarning,
        )


def check_range(ratings: Ratings, limits: tuple[float, float] | None) -> None:
    """Raise ValueError if ratings are not in the range that is possible."""
    values = ratings.matrix.data
    if limits is not None and len(values):
        low, high = values.min(), values.max()
        if low < limits[0] or high > limits[1]:
            raise ValueError(
                f"rating_range={limits!r}, but X contains ratings from {low:.6g} to {high:.6g}. "
                "Correct them, or widen rating_range."
            )


def as_clicks(ratings: Ratings) -> Ratings:
    """Return ones where clicks are positive, or raise ValueError if some are negative."""
    matrix = ratings.matrix.copy()
    if (matrix.data < 0).any():
        raise ValueError(
            'Negative values in data: feedback="implicit" needs clicks, X has values from '
            f'{matrix.data.min():.6g}. Use feedback="explicit" for ratings, or select those '
            "that are clicks."
        )
    matrix.eliminate_zeros()
    matrix.data[:] = 1.0
    return replace(ratings, matrix=matrix)
