"""Comparison of tables with columns of categories, dates and missing values."""

from __future__ import annotations

import numpy as np
from sklearn.utils import Bunch, check_array

from .._data.tables.frames import table_of
from .._data.tables.learned_columns import learn_columns
from .._utils.tensors import plain_array
from ._associations import association_difference
from ._checks import N_FOLDS, raise_if_empty
from ._numbers import compare_numbers


def learn_table(real, categorical_features):
    """Return the columns of a table; None if all columns are numbers, or booleans by their type."""
    real = _readable(real)
    learned = learn_columns(real, categorical_features)
    if learned is None:
        return None
    if learned[0].is_sequence:
        raise TypeError("real contains texts. The report compares tables: frames or arrays.")
    is_chosen = not isinstance(categorical_features, str)
    are_numbers = all(_is_number(kind.column.dtype) for kind in learned[0].kinds)
    return None if are_numbers and not is_chosen else learned[0]


def _is_number(dtype):
    return dtype.startswith(("Boolean", "Decimal", "Float", "Int", "UInt"))


def _readable(X):
    """Return a table whose columns can be read: a frame, or an array of objects."""
    X = X.compute() if hasattr(X, "npartitions") else plain_array(X)
    return np.asarray(X, dtype=object) if table_of(X) is None else X


def cells_of(columns, X, name):
    """Return the cells of a table: numbers and indices of categories, NaN if missing.

    The index of categories that did not occur in the real table is the number of categories.
    """
    X = _readable(X)
    n_columns, n_expected = len(table_of(X).names), len(columns.kinds)
    if n_columns != n_expected:
        raise ValueError(
            f"real has {n_expected} features and {name} has {n_columns}. They must have the same "
            "number of features."
        )
    try:
        cells = columns.encode(X, marks_unknown=True)
    except (TypeError, ValueError) as error:
        raise type(error)(f"{name} must have columns like those of real. {error}") from error
    settings = {"ensure_all_finite": "allow-nan", "ensure_min_samples": N_FOLDS}
    cells = check_array(cells, input_name=name, **settings)
    raise_if_empty(np.isnan(cells), [kind.column.name for kind in columns.kinds], name)
    return cells


def compare_tables(columns, seed, real, synthetic, *others):
    """Compare tables by their cells.

    Parameters
    ----------
    columns : Columns
        The columns of the real table.

    seed : int
        Determines which values of the synthetic samples are hidden from classifiers.

    real, synthetic, *others : ndarray of shape (n_samples, n_columns)
        Cells.

    Returns
    -------
    Bunch
        As from :func:`compare_numbers`. `inputs` have one number for each category, as is
        suitable for distances; `cells` are the real and the synthetic table with one number for
        each column, as is suitable for trees.
    """
    tables = real, synthetic, *others
    cells = [samples.copy() for samples in tables]
    parts = [
        _compare_column(kind, [samples[:, place] for samples in cells])
        for place, kind in enumerate(columns.kinds)
    ]
    is_category = [bool(n) for n in columns.n_categories]
    can_be_missing = np.isnan(real).any(axis=0)
    is_valid = np.stack([part.is_valid for part in parts], axis=1)
    return Bunch(
        distance=np.array([part.distance for part in parts]),
        std_ratio=np.array([part.std_ratio for part in parts]),
        correlation_difference=association_difference(real, synthetic, is_category),
        is_valid=np.where(np.isnan(synthetic), can_be_missing, is_valid),
        inputs=[np.hstack(blocks) for blocks in zip(*[p.inputs for p in parts], strict=True)],
        cells=[cells[0], _with_gaps_of(cells[0], cells[1], seed)],
    )


def _with_gaps_of(real, synthetic, seed):
    """Return synthetic cells with the gaps of random real samples, unless there are gaps already.

    Generators draw complete samples, which would otherwise be recognized by that alone.
    """
    if np.isnan(synthetic).any():
        return synthetic
    rows = np.random.RandomState(seed).randint(len(real), size=len(synthetic))
    return np.where(np.isnan(real[rows]), np.nan, synthetic)


def _compare_column(kind, cells):
    """Compare one column, of which standardized numbers are written to the given cells."""
    known = [~np.isnan(values) for values in cells]
    compare = _compare_categories if kind.n_categories else _compare_numbers
    found = compare(kind, [values[own] for values, own in zip(cells, known, strict=True)])
    if not kind.n_categories:
        for values, own, block in zip(cells, known, found.inputs, strict=True):
            values[own] = block[:, 0]
    is_valid = np.ones(len(cells[1]), dtype=bool)
    is_valid[known[1]] = found.is_valid
    inputs = zip(found.inputs, known, strict=True)
    return Bunch(
        distance=found.distance,
        std_ratio=found.std_ratio,
        is_valid=is_valid,
        inputs=[_spread(block, own) for block, own in inputs],
    )


def _spread(block, known):
    """Return inputs with zeros, which are their means, where the value is missing."""
    inputs = np.zeros((len(known), block.shape[1]))
    inputs[known] = block
    return inputs


def _compare_numbers(kind, values):
    dtype = np.float32 if kind.column.dtype == "Float32" else np.float64
    with np.errstate(over="ignore"):
        found = compare_numbers(*[own.astype(dtype)[:, None] for own in values])
    return Bunch(
        distance=found.distance[0],
        std_ratio=found.std_ratio[0],
        is_valid=found.is_valid[:, 0],
        inputs=found.inputs,
    )


def _compare_categories(kind, values):
    """Compare indices of categories; indicators have a total variance of one."""
    size = kind.n_categories + 1  # the last one is that of unknown categories
    values = [own.astype(int) for own in values]
    real, synthetic = (np.bincount(own, minlength=size) / len(own) for own in values[:2])
    scale = np.sqrt(1 - (real**2).sum())
    return Bunch(
        distance=0.5 * np.abs(real - synthetic).sum(),
        std_ratio=np.nan,
        is_valid=values[1] < kind.n_categories,
        inputs=[(np.eye(size)[own] - real) / (scale or 1.0) for own in values],
    )
