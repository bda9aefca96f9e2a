"""Features of users and of items: frames or arrays as centered, scaled numbers."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import narwhals as nw
import numpy as np
import torch
from numpy.typing import NDArray
from scipy import sparse

from ..._utils.output import names_of_columns
from ..._utils.tensors import plain_array
from ..tables.columns import Columns
from ..tables.frames import table_of
from ..tables.learned_columns import learn_columns
from .ratings import Ratings, positions_of

Array = NDArray[np.float64]


@dataclass(frozen=True)
class FeatureTable:
    """The columns of a table of features, and their center and scale.

    Numbers are divided by two standard deviations, so that they vary as much as indicators of
    categories and as numbers with two values, whose difference is one. Missing values are means.

    Parameters
    ----------
    names : list or None
        Names of the columns, None if they have none.

    columns : dict or None
        Plain values of the columns, None if all are numbers.

    center, scale : ndarray of shape (n_inputs,)
        Means, and what deviations from them are divided by.
    """

    names: list[Any] | None
    columns: dict[str, Any] | None
    center: Array
    scale: Array

    @classmethod
    def learn(cls, X: Any, name: str) -> FeatureTable:
        """Return the columns of a table, which are not scaled, after checks of their values."""
        _check_is_table(X, name)
        found = learn_columns(plain_array(X), "from_dtype")
        columns = None if found is None else found[0].to_dict()
        n_inputs = _encoded(columns, X, name).shape[1]
        return cls(_names_of(X), columns, np.zeros(n_inputs), np.ones(n_inputs))

    def values(self, X: Any, name: str) -> Array:
        """Return numbers and indicators of a table with the same columns; NaN where missing."""
        _check_is_table(X, name)
        names = _names_of(X)
        if None not in (names, self.names) and names != self.names:
            raise ValueError(
                f"{name} has the features {names}, and had {self.names} in the fit. Pass the same "
                "columns in the same order."
            )
        encoded = _encoded(self.columns, X, name)
        if encoded.shape[1] != len(self.center):
            raise ValueError(
                f"{name} has {encoded.shape[1]} features, and had {len(self.center)} in the fit. "
                "Pass the same columns."
            )
        return encoded

    def standardized(self, values: Array, weight: Array | None) -> FeatureTable:
        """Return the table with center and scale of values, of which some may be missing."""
        weight = np.ones(len(values)) if weight is None else weight
        own = weight[:, None] * ~np.isnan(values)
        total = np.where((own > 0).any(0), own.sum(0), 1.0)
        center = (own * np.nan_to_num(values)).sum(0) / total
        deviation = np.where(own > 0, values - center, 0.0)
        low, high = deviation.min(0), deviation.max(0)
        is_binary = ((own == 0) | np.isclose(deviation, low) | np.isclose(deviation, high)).all(0)
        scale = np.where(is_binary, high - low, 2 * np.sqrt((own * deviation**2).sum(0) / total))
        return replace(self, center=center, scale=np.where(scale > 0, scale, 1.0))

    def scaled(self, values: Array) -> Array:
        """Return centered, scaled values, zero where they are missing."""
        return np.nan_to_num((values - self.center) / self.scale)

    def encode(self, X: Any, name: str) -> Array:
        """Return the features of a table with the same columns, of shape (n_rows, n_inputs)."""
        return self.scaled(self.values(X, name))


def _check_is_table(X: Any, name: str) -> None:
    if np.ndim(X) != 2 or not np.size(X):
        raise ValueError(
            f"{name} must be a table of shape (n_rows, n_features); got shape {np.shape(X)}."
        )


def _names_of(X: Any) -> list[Any] | None:
    names = names_of_columns(X)
    return None if names is None else list(names)


def _encoded(columns: dict[str, Any] | None, X: Any, name: str) -> Array:
    """Return numbers and indicators of categories; NaN where a value is missing."""
    if columns is None:
        encoded = _numbers(plain_array(X), name)
    else:
        kinds = Columns.from_dict(columns)
        if np.shape(X)[1] != len(kinds.kinds):
            raise ValueError(
                f"{name} has {np.shape(X)[1]} features, and had {len(kinds.kinds)} in the fit. "
                "Pass the same columns."
            )
        try:
            cells = torch.from_numpy(kinds.encode(X))
        except (TypeError, ValueError) as error:  # whose advice is for parameters of X
            reason = str(error).partition(". ")[0]
            raise ValueError(f"{name} has other types than in the fit. {reason}.") from error
        encoded = kinds.layout.encode(cells).numpy()
    if np.isinf(encoded).any():
        raise ValueError(f"{name} contains infinite values. Replace them by NaN.")
    return encoded


def _numbers(X: Any, name: str) -> Array:
    if sparse.issparse(X):
        raise TypeError(f"{name} is a sparse matrix. Pass {name}.toarray(), or a frame.")
    table = None if isinstance(X, np.ndarray) else table_of(X, name)
    if table is not None:
        return np.column_stack([table.numbers(index) for index in range(len(table.names))])
    try:
        return np.asarray(X, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise ValueError(
            f"{name} has values that are not numbers ({error}). Pass categories in a frame, or in "
            "an array of objects."
        ) from error


def split_ids(X: Any, name: str, what: str) -> tuple[NDArray[Any], Any]:
    """Return the identifiers in the first column of a frame, and the other columns.

    Parameters
    ----------
    X : frame
        The features.

    name, what : str
        Name of the parameter and of the identifiers, for messages.
    """
    table = None if isinstance(X, np.ndarray) else table_of(X, name)
    if table is None or len(table.names) < 2:
        raise ValueError(
            f"{name} must be a frame whose first column contains the {what}, followed by their "
            "features, because X is a table. In pandas, reset_index() makes a column of the index."
        )
    ids = table.factorized(0)
    if (ids.codes < 0).any() or len(ids.values) < table.n_samples:
        raise ValueError(f"{name} has missing or duplicate {what}. Keep one row of each.")
    rest = nw.from_native(X, eager_only=True)[:, 1:].to_native()
    return np.array(ids.values)[ids.codes], rest


def check_same_kind(own: NDArray[Any], ids: NDArray[Any], name: str, what: str) -> None:
    """Raise TypeError if some identifiers are strings and those of ratings are not."""
    if len(own) and len(ids) and isinstance(own[0], str) != isinstance(ids[0], str):
        kinds = ("strings", "not") if isinstance(own[0], str) else ("not strings", "strings")
        raise TypeError(
            f"The {what} in {name} are {kinds[0]}, and those of the ratings are {kinds[1]}. "
            "Convert all to strings."
        )


def in_order(X: Any, places: NDArray[np.intp]) -> Any:
    """Return the rows of a frame at the given places."""
    return nw.from_native(X, eager_only=True)[places.tolist()].to_native()


def described_rows(X: Any, ids: NDArray[Any], is_table: bool, name: str, what: str) -> Any:
    """Return the features of users or items in their order, or raise ValueError.

    Parameters
    ----------
    X : frame or array-like
        Its first column contains identifiers if ratings are a table. Otherwise rows are in order.

    ids : ndarray of shape (n,)
        The users or the items of the ratings.

    is_table : bool
        Whether they are identifiers from a table, not positions.

    name, what : str
        Name of the parameter, and "users" or "items", for messages.
    """
    if not is_table:
        n_rows = np.shape(X)[0] if np.ndim(X) else 0
        if n_rows != len(ids):
            raise ValueError(
                f"{name} has {n_rows} rows, but X has {len(ids)} {what}. Pass a row for each."
            )
        return X
    own, rest = split_ids(X, name, what)
    check_same_kind(own, ids, name, what)
    places = positions_of(ids, own, None)
    if (places < 0).any():
        missing = ids[places < 0][:5].tolist()
        raise ValueError(
            f"{name} has no row for the {what} {missing}. Its first column contains the {what}; in "
            "pandas, reset_index() makes a column of the index. Add rows, in which features may be "
            "missing."
        )
    return in_order(rest, places)


def with_items(ratings: Ratings, X: Any) -> Ratings:
    """Return ratings of a table with further items, that have features but no rating."""
    own = split_ids(X, "item_features", "items")[0]
    check_same_kind(own, ratings.items, "item_features", "items")
    new = own[positions_of(own, ratings.items, None) < 0]
    if not len(new):
        return ratings
    matrix, shape = ratings.matrix, (len(ratings.users), len(ratings.items) + len(new))
    wider = sparse.csr_array((matrix.data, matrix.indices, matrix.indptr), shape)
    return replace(ratings, matrix=wider, items=np.concatenate([ratings.items, new]))
