"""A fit by the workers that hold the partitions of a dask array or frame."""

from __future__ import annotations

import os
import socket
from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit

import numpy as np
import torch

from .._data.sources.chunked import ChunkedRows
from .._utils.optional_imports import import_optional
from .._utils.ranks import OtherRankFailed
from ._partitions import PartitionChunks, dtype_of, header_of, in_blocks

# Seconds in which the other workers are to tell their errors, after the first one.
_PATIENCE = 10


def fit(
    estimator: Any, X: Any, y: Any = None, sample_weight: Any = None, client: Any = None
) -> Any:
    r"""Fit an estimator to a dask array or frame, on the workers that hold its partitions.

    The workers are the processes of one group of :mod:`torch.distributed` (gloo). Each computes
    the gradient of its part of every batch,

    .. math:: g = \sum_{r=1}^{R} \frac{n_r}{n}\, g_r,

    for :math:`n_r` of the :math:`n` samples of the batch on worker :math:`r` of :math:`R`. The
    partitions stay on their workers. A worker reads those of others into a shuffle buffer of
    128 MB, and keeps two buffers in memory.

    Parameters
    ----------
    estimator : estimator
        An autoencoder of this package. `batch_size` is the number of samples of all workers.

    X : dask array of shape (n_samples, n_features) or dask frame
        Numbers; missing values are NaN. X is computed and kept by the workers during the fit.
        Partitions are read in random order, and samples are shuffled within a buffer.

    y, sample_weight : array-like or dask collection of shape (n_samples,), default=None
        As in `estimator.fit`. They are sent to all workers.

    client : distributed.Client or None, default=None
        The cluster; None for the current client.

    Returns
    -------
    object
        The estimator, fitted. It is unchanged if the fit fails.

    Raises
    ------
    ImportError
        If dask or distributed is not installed.

    TypeError
        If X is not a dask array or frame of numbers, or if the estimator is not of this package.

    ValueError
        If there is no client, if several workers share a process, or as in `estimator.fit`.

    RuntimeError
        If a worker ends during the fit.

    Notes
    -----
    A worker reads all partitions, also those of others: each epoch and each pass for statistics
    sends all of X to each of the workers. If X fits into a buffer, each of them has a copy of it.

    Examples
    --------
    >>> import dask.array
    >>> from distributed import Client
    >>> from sklearn_autoencoders import AutoencoderTransformer
    >>> from sklearn_autoencoders.dask import fit, transform
    >>> X = dask.array.random.default_rng(0).normal(size=(200, 6), chunks=(50, 6))
    >>> model = AutoencoderTransformer(2, max_epochs=2, random_state=0)
    >>> with Client(n_workers=1, threads_per_worker=1, processes=False, dashboard_address=":0"):
    ...     codes = transform(fit(model, X), X).compute()
    >>> codes.shape
    (200, 2)
    """
    distributed = import_optional("distributed", "dask", "sklearn_autoencoders.dask.fit")
    _check_estimator(estimator)
    X = in_blocks(X)
    header = header_of(X)
    client = client or _current_client(distributed)
    # kept until the end, so that the workers keep them
    parts = client.compute(np.ravel(X.to_delayed()).tolist())
    lengths = client.gather(client.map(len, parts))
    chunks = PartitionChunks([part.key for part in parts], lengths, header, dtype_of(X))
    arguments = {"y": _in_memory(y, client), "sample_weight": _in_memory(sample_weight, client)}
    arguments = {name: value for name, value in arguments.items() if value is not None}
    ranks = _start(client, _workers_of(client, parts), (estimator, chunks, arguments))
    estimator._commit(_result_of(ranks, client, distributed))
    return estimator


def _check_estimator(estimator: Any) -> None:
    """Raise if an estimator cannot be fitted by several processes, or has invalid parameters."""
    if not hasattr(estimator, "_commit"):
        raise TypeError(
            f"estimator must be an autoencoder of this package; got {type(estimator).__name__}. "
            "Fit other steps first, and pass what they transform X to."
        )
    estimator._validate_params()


def _current_client(distributed: Any) -> Any:
    try:
        return distributed.get_client()
    except ValueError as error:
        raise ValueError(
            "There is no client of dask. Create one, as in Client(n_workers=2), or pass client=."
        ) from error


def _in_memory(values: Any, client: Any) -> Any:
    """Return values of dask as an array or a series, and others unchanged."""
    return client.compute(values).result() if hasattr(values, "dask") else values


def _workers_of(client: Any, parts: list[Any]) -> list[str]:
    """Return the addresses of the workers that hold partitions, in one order."""
    workers = sorted({holders[0] for holders in client.who_has(parts).values()})
    processes = client.run(lambda: (socket.gethostname(), os.getpid()), workers=workers)
    if len(set(processes.values())) < len(workers):
        raise ValueError(
            "Several workers share a process, which has one group of torch.distributed. Start the "
            "cluster with processes=True, or with one worker."
        )
    return workers


def _start(client: Any, workers: list[str], arguments: tuple[Any, ...]) -> list[Any]:
    """Start a fit on each worker, and return their futures."""
    host = urlsplit(workers[0]).hostname
    port = client.submit(_free_port, host, workers=workers[:1], pure=False).result()
    group = (len(workers), f"tcp://{host}:{port}")
    return [
        client.submit(_fit_rank, *arguments, rank, *group, workers=[worker], pure=False, retries=0)
        for rank, worker in enumerate(workers)
    ]


def _free_port(host: str) -> int:
    with socket.socket() as connection:
        connection.bind((host, 0))
        return int(connection.getsockname()[1])


def _fit_rank(
    estimator: Any, chunks: PartitionChunks, arguments: Any, rank: int, size: int, address: str
) -> Any:
    """Fit an estimator on a worker; the first one returns it."""
    from distributed import get_client

    rows = ChunkedRows(chunks.on(get_client()))
    if size > 1:
        torch.distributed.init_process_group("gloo", address, rank=rank, world_size=size)
    try:
        estimator.fit(rows, **arguments)
    finally:
        if size > 1:
            torch.distributed.destroy_process_group()
    return estimator if rank == 0 else None


def _result_of(ranks: list[Any], client: Any, distributed: Any) -> Any:
    """Return the result of the first process; if one fails, end all and raise its error."""
    try:
        for future in distributed.as_completed(ranks, loop=client.loop):
            if future.status != "finished":
                raise _first_error(ranks, client, distributed)
        return ranks[0].result()
    finally:
        client.cancel(ranks)


def _first_error(ranks: list[Any], client: Any, distributed: Any) -> Exception:
    """Return the error of the process that failed first, rather than one of those it has ended."""
    with suppress(distributed.TimeoutError):
        list(distributed.as_completed(ranks, loop=client.loop, timeout=_PATIENCE))
    errors = [future.exception() for future in ranks if future.status == "error"]
    own = [error for error in errors if not isinstance(error, OtherRankFailed)]
    found: Exception = [*own, *errors, RuntimeError("The fit was cancelled.")][0]
    return found
