"""Datasets of pyarrow, such as folders of Parquet files, as samples in chunks."""

from __future__ import annotations

import sys
from itertools import chain
from typing import Any

import numpy as np
from numpy.typing import NDArray

# Number of samples of which the columns are copied into rows at a time, so that they stay in the
# cache.
_BLOCK = 4096


def is_dataset(X: Any) -> bool:
    """Return whether X is a dataset of pyarrow, without importing it."""
    module: Any = sys.modules.get("pyarrow.dataset")
    return module is not None and isinstance(X, module.Dataset)


class DatasetChunks:
    """The row groups of the Parquet files of a dataset, or the files of other formats.

    Parameters
    ----------
    dataset : pyarrow.dataset.Dataset
        All columns of its schema are numbers.

    Raises
    ------
    TypeError
        If a column does not consist of numbers.

    ValueError
        If the dataset has a filter.
    """

    def __init__(self, dataset: Any) -> None:
        self.schema = dataset.schema
        self.header, self.n_features = self.schema.empty_table(), len(self.schema.names)
        self.dtype = _dtype_of(self.schema)
        self._parts = list(chain.from_iterable(map(_parts_of, _fragments_of(dataset))))
        self.lengths = list(map(_length_of, self._parts))

    def read(self, number: int) -> NDArray[Any]:
        """Return the samples of a chunk, NaN where a value is missing."""
        table = self._parts[number].to_table(schema=self.schema, use_threads=False)
        columns = [column.to_numpy() for column in table.columns]
        samples = np.empty((table.num_rows, self.n_features), self.dtype)
        for start in range(0, len(samples), _BLOCK):
            block = slice(start, start + _BLOCK)
            samples[block] = np.array([column[block] for column in columns]).T
        return samples


def _fragments_of(dataset: Any) -> list[Any]:
    try:
        return list(dataset.get_fragments())
    except ValueError as error:
        raise ValueError(
            "X is a dataset with a filter, which has no row groups. Write the rows that the filter "
            "selects to a folder, by pyarrow.dataset.write_dataset, and pass its dataset."
        ) from error


def _parts_of(fragment: Any) -> list[Any]:
    """Return a part of a file for each row group, if the file has row groups."""
    split = getattr(fragment, "split_by_row_group", None)
    return [fragment] if split is None else list(split())


def _length_of(part: Any) -> int:
    """Return the number of rows; `count_rows` of a part of a file counts those of the file."""
    groups = getattr(part, "row_groups", None)
    return part.count_rows() if groups is None else sum(group.num_rows for group in groups)


def _dtype_of(schema: Any) -> np.dtype[Any]:
    """Return float32 if no column has more digits, otherwise float64."""
    import pyarrow

    for field in schema:
        is_number = pyarrow.types.is_integer(field.type) or pyarrow.types.is_floating(field.type)
        if not is_number:
            raise TypeError(
                f"Column {field.name!r} of the dataset has the type {field.type}; the columns of a "
                "dataset must be numbers. Leave it out, by pyarrow.dataset.dataset(path, "
                "schema=pyarrow.schema([field for field in dataset.schema if field.name != "
                f"{field.name!r}])), or pass the table dataset.to_table(), whose columns can also "
                "be categories and dates."
            )
    is_single = all(field.type in (pyarrow.float16(), pyarrow.float32()) for field in schema)
    return np.dtype(np.float32 if is_single else np.float64)
