"""Containers of samples and of labels."""

import dask.dataframe
import numpy as np
import pandas as pd
import polars
import pyarrow
import pytest
import torch

# Functions that convert a frame of pandas.
CONTAINERS = {
    "pandas": lambda frame: frame,
    "polars": polars.from_pandas,
    "Arrow table": lambda frame: pyarrow.Table.from_pandas(frame, preserve_index=False),
    "Arrow batch": lambda frame: pyarrow.RecordBatch.from_pandas(frame, preserve_index=False),
    "dask": lambda frame: dask.dataframe.from_pandas(frame, npartitions=3, sort=False),
    "list": lambda frame: frame.to_numpy().tolist(),
    "tensor": lambda frame: torch.tensor(frame.to_numpy()),
    "tensor with gradient": lambda frame: torch.tensor(frame.to_numpy(), requires_grad=True),
}

every_container = pytest.mark.parametrize("convert", CONTAINERS.values(), ids=CONTAINERS)

# Labels of each kind.
KINDS = {"bool": (True, False), "int": (3, 1), "str": ("b", "a")}
PANDAS = {"bool": "boolean", "int": "Int64", "str": "string"}
ARROW = {"bool": "bool[pyarrow]", "int": "int64[pyarrow]", "str": "string[pyarrow]"}

# Functions of a list of labels, of which some are None, and of their kind.
LABEL_CONTAINERS = {
    "list": lambda y, kind: y,
    "list with NaN": lambda y, kind: [np.nan if label is None else label for label in y],
    "object": lambda y, kind: np.array(y, dtype=object),
    "object with NA": lambda y, kind: np.array(
        [pd.NA if label is None else label for label in y], dtype=object
    ),
    "series of objects": lambda y, kind: pd.Series(y, dtype=object),
    "nullable": lambda y, kind: pd.Series(y, dtype=PANDAS[kind]),
    "nullable array": lambda y, kind: pd.array(y, dtype=PANDAS[kind]),
    "category": lambda y, kind: pd.Series(y, dtype="category"),
    "categorical": lambda y, kind: pd.Categorical(y),
    "Arrow series": lambda y, kind: pd.Series(y, dtype=ARROW[kind]),
    "Arrow": lambda y, kind: pyarrow.array(y),
    "chunked Arrow": lambda y, kind: pyarrow.chunked_array([y[:3], y[3:]], pyarrow.array(y).type),
    "polars": lambda y, kind: polars.Series(y),
}
