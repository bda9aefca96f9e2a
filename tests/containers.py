"""Containers of samples."""

import dask.dataframe
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
