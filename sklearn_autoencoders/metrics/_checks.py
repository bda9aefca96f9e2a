"""Validation of the tables and the targets that are compared."""

from __future__ import annotations

import numpy as np
from sklearn.utils import check_array

from .._utils.labels import Labels, single_column
from .._utils.output import names_of_columns
from .._utils.tensors import plain_array

# Kinds of targets: the first one is predicted by regression, other ones by classification.
NUMBERS, NUMERIC_LABELS = "continuous numbers", "integers as labels"
# Number of folds of each cross-validation.
N_FOLDS = 5
# From this number of samples on, integers that hardly occur twice are numbers and not labels.
_MIN_SAMPLES = 20


def checked_numbers(samples, name):
    """Return samples as an array of finite numbers."""
    given = samples
    settings = {"ensure_all_finite": "allow-nan", "ensure_min_samples": N_FOLDS}
    try:
        samples = check_array(plain_array(samples), input_name=name, **settings)
    except (TypeError, ValueError) as error:
        if name in str(error):
            raise
        raise type(error)(f"{name} must be a table of numbers. {error}") from error
    is_missing = np.isnan(samples)
    raise_if_empty(is_missing, names_of_columns(given), name)
    if is_missing.any():
        raise ValueError(
            f"{name} contains NaN. Impute missing values first, for instance with "
            "VAEGenerator.impute."
        )
    return samples


def raise_if_empty(is_missing, names, name):
    """Raise ValueError if all values of a column are missing."""
    is_empty = is_missing.all(axis=0)
    if is_empty.any():
        names = np.arange(len(is_empty)) if names is None else np.asarray(names, dtype=object)
        raise ValueError(
            f"{name} has no values in the feature(s) {names[is_empty].tolist()}. Drop them from "
            "both tables: they cannot be imputed."
        )


def check_columns(tables):
    """Raise ValueError if tables, by their names, have other columns than the first one."""
    (first, real), *others = tables.items()
    expected = names_of_columns(real)
    for name, samples in others:
        names = names_of_columns(samples)
        if expected is not None and names is not None and list(expected) != list(names):
            raise ValueError(
                f"{first} has the columns {list(expected)} and {name} has {list(names)}. They must "
                "have the same columns in the same order."
            )


def check_n_columns(tables):
    """Raise ValueError if arrays, by their names, have other numbers of columns than the first."""
    (first, real), *others = tables.items()
    for name, samples in others:
        if samples.shape[1] != real.shape[1]:
            raise ValueError(
                f"{first} has {real.shape[1]} features and {name} has {samples.shape[1]}. They "
                "must have the same number of features."
            )


def checked_targets(y_real, y_synthetic, real, synthetic):
    """Return both targets as arrays of one dimension and whether they are numbers, or None."""
    if (y_real is None) != (y_synthetic is None):
        raise ValueError("y_real and y_synthetic must be given together, or neither.")
    if y_real is None:
        return None
    targets = (
        _checked_target(y_real, "y_real", real, "real"),
        _checked_target(y_synthetic, "y_synthetic", synthetic, "synthetic"),
    )
    kinds = [_kind_of_target(y) for y in targets]
    are_rare = [_are_rare(targets[0], _n_training(len(real))), _are_rare(targets[1])]
    is_any_frequent = _largest_count(targets[0]) >= N_FOLDS or len(real) <= _MIN_SAMPLES
    if kinds == [NUMERIC_LABELS] * 2 and (any(are_rare) or not is_any_frequent):
        kinds = [NUMBERS] * 2
    if kinds[0] != kinds[1] and kinds != [NUMBERS, NUMERIC_LABELS]:
        raise ValueError(
            f"y_real and y_synthetic must be of one kind; got {kinds[0]} in y_real and {kinds[1]} "
            "in y_synthetic. Convert y_synthetic to the labels of y_real."
        )
    is_continuous = kinds[0] == NUMBERS
    if not is_continuous:
        _check_labels(targets, are_rare)
    return *targets, is_continuous


def _check_labels(targets, are_rare):
    """Raise ValueError if labels are too rare to be predicted."""
    if _largest_count(targets[0]) < N_FOLDS:
        raise ValueError(
            f"y_real must contain a label that {N_FOLDS} samples have, as there are {N_FOLDS} "
            "folds. Use more real samples, or merge rare labels."
        )
    for name, y, own in zip(("y_real", "y_synthetic"), targets, are_rare, strict=True):
        if own:
            raise ValueError(
                f"{name} has {len(np.unique(y))} different labels in {len(y)} samples, too many to "
                "be predicted. Merge rare labels, or omit y_real and y_synthetic."
            )


def _largest_count(y):
    return np.unique(y, return_counts=True)[1].max()


def _n_training(n_samples):
    """Return the smallest number of samples outside a fold."""
    return n_samples - -(-n_samples // N_FOLDS)


def _are_rare(y, n_training=None):
    """Return whether most labels of the samples of a fit may occur only once."""
    n_training = len(y) if n_training is None else n_training
    return n_training > _MIN_SAMPLES and len(np.unique(y)) > 0.5 * n_training


def _checked_target(y, name, samples, name_of_samples):
    """Return a target as an array of numbers, of booleans or of strings."""
    y = single_column(y)
    if np.ndim(y) != 1:
        raise ValueError(
            f"{name} must have one value per sample; got an array of shape {np.shape(y)}. Pass a "
            "single target."
        )
    if len(y) != len(samples):
        raise ValueError(
            f"{name_of_samples} and {name} have inconsistent numbers of samples: {len(samples)} "
            f"and {len(y)}. Pass one value per sample."
        )
    if not _has_infinity(y):
        labels = Labels.of(y, name)
        values = labels.of_one_type(name)
        if labels.is_known.all() and not _has_infinity(values):
            return np.array(values.tolist()) if values.dtype.kind == "O" else values
    raise ValueError(f"{name} contains NaN, infinity or missing labels. Drop these samples.")


def _has_infinity(values):
    kind = getattr(getattr(values, "dtype", None), "kind", "")
    return kind == "f" and bool(np.isinf(values).any())


def _kind_of_target(y):
    if y.dtype.kind not in "biuf":
        return "strings"
    is_integer = (y == np.round(y)) & (np.abs(y) < 2**53) if y.dtype.kind == "f" else np.True_
    return NUMERIC_LABELS if is_integer.all() else NUMBERS
