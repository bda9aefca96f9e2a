"""Datasets of pyarrow and arrays in files, which are read in chunks, give the results of arrays."""

import h5py
import numpy as np
import pyarrow as pa
import pyarrow.dataset
import pyarrow.parquet
import pytest
import torch
import zarr
from estimators import CASES, FIRST_CASES, PREDICTORS, quick
from helpers import case, outputs, table, target_of, with_missing_values

from sklearn_autoencoders import (
    AutoencoderFeatureUnion,
    AutoencoderOutlierDetector,
    AutoencoderRecommender,
    AutoencoderTransformer,
    AutoregressiveGenerator,
    DenoisingAutoencoder,
    VAEGenerator,
)
from sklearn_autoencoders._data.sources import chunked, stored_arrays
from sklearn_autoencoders._data.sources.chunked import ChunkedRows
from sklearn_autoencoders._data.sources.parquet import DatasetChunks
from sklearn_autoencoders._data.sources.stored_arrays import ArrayChunks
from sklearn_autoencoders._training.loop.sampler import WindowSampler

N_ROWS, N_PER_CHUNK = 90, 17
IN_TIME = [
    pytest.param(
        estimator,
        marks=pytest.mark.long if isinstance(estimator, AutoencoderOutlierDetector) else [],
    )
    for estimator in FIRST_CASES
]


def write(folder, X, n_files=2):
    """Write samples to Parquet files with small row groups, and return them as a dataset."""
    for number, part in enumerate(np.array_split(X, n_files)):
        columns = {f"x{index}": column for index, column in enumerate(part.T)}
        path = folder / f"{number}.parquet"
        pa.parquet.write_table(pa.table(columns), path, row_group_size=N_PER_CHUNK)
    return pa.dataset.dataset(folder)


@pytest.fixture
def small_windows(monkeypatch):
    """Make windows of two chunks of six features in double precision."""
    monkeypatch.setattr(chunked, "_WINDOW", 2 * N_PER_CHUNK * 6 * 8)


@pytest.fixture
def in_order(monkeypatch):
    """Do not shuffle samples."""
    monkeypatch.setattr(torch, "randperm", lambda n, generator=None: torch.arange(n))


def assert_close(found, expected):
    assert found.keys() == expected.keys()
    for name in expected:
        np.testing.assert_allclose(found[name], expected[name], rtol=1e-5, atol=1e-5, err_msg=name)


# --------------------------------------------------------------------- the results of arrays


@pytest.mark.parametrize(
    "change", [pytest.param(np.asarray, marks=pytest.mark.long), with_missing_values]
)
@pytest.mark.parametrize("estimator", IN_TIME, ids=repr)
def test_without_shuffling_results_are_those_of_arrays(
    estimator, change, tmp_path, small_windows, in_order
):
    X = change(table(N_ROWS))
    dataset = write(tmp_path, X)
    found, expected = (
        case(estimator, batch_size=16, max_epochs=2).fit(values) for values in (dataset, X)
    )
    assert list(found.feature_names_in_) == [f"x{index}" for index in range(6)]
    assert_close(outputs(found, dataset), outputs(expected, X))


@pytest.mark.long
@pytest.mark.parametrize("cls", PREDICTORS, ids=lambda cls: cls.__name__)
def test_predictions_are_those_of_arrays(cls, tmp_path, small_windows, in_order):
    X = table(N_ROWS)
    dataset, y = write(tmp_path, X), target_of(cls, X)
    found, expected = (
        quick(cls, batch_size=16, max_epochs=2).fit(values, y) for values in (dataset, X)
    )
    assert_close(outputs(found, dataset, y), outputs(expected, X, y))


@pytest.mark.long
@pytest.mark.parametrize("estimator", CASES[1::3], ids=repr)
def test_batches_are_those_of_arrays(estimator, tmp_path, small_windows, in_order):
    X, weight = table(N_ROWS), np.arange(N_ROWS) % 3
    dataset = write(tmp_path, X)
    found, expected = case(estimator), case(estimator)
    for _ in range(2):
        found.partial_fit(dataset, sample_weight=weight)
        expected.partial_fit(X, sample_weight=weight)
    assert_close(outputs(found, dataset), outputs(expected, X))


@pytest.mark.parametrize(
    "model",
    [
        AutoencoderTransformer(early_stopping=True),
        AutoencoderTransformer(penalty="neighbors"),
        AutoencoderTransformer(scaling="feature", init="random", pretraining="layerwise"),
        AutoregressiveGenerator(),
    ],
    ids=["early stopping", "neighbors", "pretraining", "autoregressive"],
)
def test_other_paths_of_a_fit(model, tmp_path, small_windows, in_order):
    X = table(N_ROWS)
    dataset = write(tmp_path, X)
    found, expected = (case(model, batch_size=16).fit(values) for values in (dataset, X))
    np.testing.assert_allclose(found.transform(dataset), expected.transform(X), atol=1e-5)


def test_clean_samples_and_conditions(tmp_path, small_windows, in_order):
    X, y = table(N_ROWS), np.arange(N_ROWS) % 3
    dataset = write(tmp_path, X)
    found, expected = (quick(DenoisingAutoencoder).fit(v, clean=v) for v in (dataset, X))
    assert_close(outputs(found, dataset), outputs(expected, X))
    found, expected = (quick(VAEGenerator, conditional=True).fit(v, y) for v in (dataset, X))
    np.testing.assert_allclose(
        found.reconstruct(dataset, y=y), expected.reconstruct(X, y=y), rtol=1e-5
    )


def test_a_small_dataset_is_an_array(tmp_path):
    X = table(N_ROWS)
    found, expected = (quick(AutoencoderTransformer).fit(v) for v in (write(tmp_path, X), X))
    np.testing.assert_array_equal(found.transform(write(tmp_path, X)), expected.transform(X))


def test_a_checkpoint_is_that_of_the_samples(tmp_path, small_windows):
    X, folders = table(N_ROWS), [tmp_path / name for name in ("first", "second")]
    for folder in folders:
        folder.mkdir()
    first, second = (write(folder, values) for folder, values in zip(folders, (X, -X), strict=True))
    states = [ChunkedRows(DatasetChunks(v)).__getstate__() for v in (first, second, first)]
    assert states[0] == states[2] != states[1]
    model = quick(AutoencoderTransformer, checkpoint=tmp_path / "states")
    expected = quick(AutoencoderTransformer).fit(first).transform(first)
    np.testing.assert_array_equal(model.fit(first).transform(first), expected)


@pytest.mark.parametrize("model", [AutoencoderTransformer(2), VAEGenerator(2)], ids=repr)
@pytest.mark.parametrize("kind", ["dataset", "array"])
def test_codes_are_written_into_an_array(kind, model, tmp_path, small_windows):
    X = table(N_ROWS)
    given = write(tmp_path, X) if kind == "dataset" else X
    fitted = case(model).fit(given)
    out = np.lib.format.open_memmap(tmp_path / "codes.npy", "w+", np.float32, (N_ROWS, 2))
    assert fitted.transform(given, out=out) is out
    np.testing.assert_allclose(out, fitted.transform(given), rtol=1e-6)
    with pytest.raises(ValueError, match=r"out must be writeable, of shape \(90, 2\)"):
        fitted.transform(given, out=out[:, :1])


def test_a_dataset_of_ratings_is_a_table(tmp_path):
    rng = np.random.default_rng(0)
    users, items = np.nonzero(rng.random((30, 12)) < 0.5)
    columns = {"user": users, "item": items, "rating": rng.random(len(users))}
    dataset = _dataset(tmp_path, columns)
    found, expected = (quick(AutoencoderRecommender).fit(v) for v in (dataset, pa.table(columns)))
    np.testing.assert_array_equal(found.transform(dataset), expected.transform(pa.table(columns)))


# ---------------------------------------------------------------------------------- windows


@pytest.mark.parametrize("kept", [None, np.flatnonzero(np.arange(N_ROWS) % 4)])
def test_every_sample_is_seen_once_in_an_epoch(kept, tmp_path, small_windows):
    rows = ChunkedRows(DatasetChunks(write(tmp_path, table(N_ROWS))))
    n_samples = N_ROWS if kept is None else len(kept)
    sampler = WindowSampler(n_samples, torch.Generator().manual_seed(0), rows, kept)
    epochs = [list(sampler), list(sampler)]
    assert all(sorted(epoch) == list(range(n_samples)) for epoch in epochs)
    assert epochs[0] != epochs[1]
    positions = np.arange(N_ROWS) if kept is None else kept
    first = positions[epochs[0][:16]]  # the smallest chunk has 11 samples, of which 8 are kept
    assert len(np.unique(rows._number_of(first))) == 2


def test_a_fit_sees_every_sample_once_in_an_epoch(tmp_path, small_windows):
    X = table(N_ROWS)
    X[:, 0] = np.arange(N_ROWS)
    seen = []

    def corruption(x, generator):
        seen.extend(x[:, 0].tolist())
        return x

    settings = {"batch_size": 16, "max_epochs": 1, "corruption": corruption, "init": "random"}
    quick(AutoencoderTransformer, **settings).fit(write(tmp_path, X))
    counts = np.unique(np.asarray(seen), return_counts=True)[1]
    n_checked, n_chosen = counts[-1], 2 * N_ROWS
    assert len(counts) == N_ROWS
    assert n_checked <= n_chosen
    assert counts[-1] == counts.min()


def test_every_chunk_is_read_once_in_a_pass(tmp_path, small_windows):
    chunks, reads = DatasetChunks(write(tmp_path, table(N_ROWS))), []
    read = chunks.read

    def counted(number):
        reads.append(number)
        return read(number)

    chunks.read = counted
    rows = ChunkedRows(chunks)
    assert rows.n_per_window == 2
    for start in range(0, N_ROWS, 8):
        rows.take(slice(start, start + 8))
        assert len(rows._reader._found) <= 5
    assert sorted(reads) == list(range(6))
    reads.clear()
    sampler = WindowSampler(N_ROWS, torch.Generator().manual_seed(0), ChunkedRows(chunks))
    for batch in torch.utils.data.BatchSampler(sampler, 4, False):
        sampler._rows.take(batch)
    assert sorted(reads) == list(range(6))


@pytest.mark.parametrize(
    "indices",
    [
        slice(None),
        slice(3, 40),
        slice(5, 80, 7),
        slice(0, 0),
        [4, 88, 4, 20],
        range(16, 19),
        np.arange(N_ROWS) % 3 == 0,
        np.arange(N_ROWS)[::-1],
    ],
    ids=str,
)
def test_samples_are_taken_as_from_an_array(indices, tmp_path, small_windows):
    X = with_missing_values(table(N_ROWS))
    rows, chosen = ChunkedRows(DatasetChunks(write(tmp_path, X))), np.asarray(X)[indices]
    np.testing.assert_array_equal(rows.take(indices), chosen)
    some = rows[indices]
    assert some.shape == chosen.shape
    view = some if isinstance(some, np.ndarray) else some.take(slice(None))
    np.testing.assert_array_equal(view, chosen)
    if not isinstance(some, np.ndarray):
        np.testing.assert_array_equal(some.take(range(2, 9)), chosen[2:9])
        np.testing.assert_array_equal(np.hstack(list(some.column_blocks())), chosen)
    assert np.isnan(rows.without([1]).take(indices)[:, 1]).all()
    np.testing.assert_array_equal(rows.take(indices), chosen)


# ----------------------------------------------------------------------------- types and errors


def _dataset(folder, columns):
    pa.parquet.write_table(pa.table(columns), folder / "rows.parquet")
    return pa.dataset.dataset(folder / "rows.parquet")


def test_types_of_columns(tmp_path):
    columns = {
        "a": pa.array([1, None, 3], pa.int8()),
        "b": pa.array([0.5, 2.5, None], pa.float32()),
    }
    chunks = DatasetChunks(_dataset(tmp_path, columns))
    assert chunks.dtype == np.float64
    np.testing.assert_array_equal(chunks.read(0), [[1, 0.5], [np.nan, 2.5], [3, np.nan]])
    single = pa.dataset.dataset(tmp_path, schema=pa.schema({"b": pa.float32()}))
    assert DatasetChunks(single).dtype == np.float32


@pytest.mark.parametrize("column", [["a", "b"], [True, False], [[1.0], [2.0]]], ids=str)
def test_columns_must_be_numbers(column, tmp_path):
    dataset = _dataset(tmp_path, {"x": [1.0, 2.0], "other": column})
    with pytest.raises(TypeError, match="Column 'other' of the dataset has the type"):
        AutoencoderTransformer().fit(dataset)


def test_invalid_datasets(tmp_path, small_windows):
    X = table(N_ROWS)
    dataset = write(tmp_path, X)
    model = quick(AutoencoderTransformer)
    with pytest.raises(ValueError, match="dataset with a filter"):
        model.fit(dataset.filter(pa.dataset.field("x0") > X[:, 0].mean()))
    with pytest.raises(ValueError, match="X has no samples"):
        model.fit(pa.dataset.dataset(dataset.schema.empty_table()))
    with pytest.raises(TypeError, match="contains numbers only"):
        quick(AutoencoderTransformer, categorical_features=[0]).fit(dataset)
    X[50, 3] = np.inf
    with pytest.raises(ValueError, match=r"infinity .* in the column 'x3'"):
        model.fit(write(tmp_path, X))
    X[:] = np.nan
    with pytest.raises(ValueError, match="All values of X are missing"):
        model.fit(write(tmp_path, X))
    model.fit(dataset := write(tmp_path, table(N_ROWS)))
    names = [f"y{index}" for index in range(6)]
    other = pa.dataset.dataset(dataset.to_table().rename_columns(names))
    with pytest.raises(ValueError, match="feature names should match"):
        model.transform(other)


def test_readers_and_iterators_are_no_samples(tmp_path):
    X = table(20)
    data, folder = write(tmp_path, X), str(tmp_path)
    table_of_numbers = data.to_table()
    reader = pa.RecordBatchReader.from_batches(
        table_of_numbers.schema, table_of_numbers.to_batches()
    )
    for samples in (
        pyarrow.parquet.ParquetDataset(folder),
        data.scanner(),
        reader,
        map(list, X),
        dict(enumerate(X)),
        {1.0},
    ):
        for cls in (AutoencoderTransformer, AutoencoderRecommender):
            with pytest.raises(
                TypeError, match=r"X is a .*neither an array nor a table\. Convert it"
            ):
                quick(cls).fit(samples)


def test_a_union_requires_samples_in_memory(tmp_path):
    with pytest.raises(TypeError, match=r"in memory; got a dataset.*X\.to_table\(\)"):
        AutoencoderFeatureUnion().fit(write(tmp_path, table(20)))


# ------------------------------------------------------------------------ arrays in files


def as_zarr(folder, X):
    path, chunks = folder / "samples.zarr", tuple(min(5, size) or 1 for size in X.shape)
    array = zarr.create_array(path, shape=X.shape, dtype=X.dtype, chunks=chunks)
    array[:] = X
    return zarr.open_array(path, mode="r")


def as_hdf5(folder, X):
    with h5py.File(folder / "samples.h5", "w") as file:
        chunks = (5, *(size or 1 for size in X.shape[1:]))
        file.create_dataset("X", data=X, maxshape=(None, *chunks[1:]), chunks=chunks)
    return h5py.File(folder / "samples.h5")["X"]


every_store = pytest.mark.parametrize("store", [as_zarr, as_hdf5])


@every_store
@pytest.mark.parametrize("change", [np.asarray, with_missing_values])
def test_arrays_in_files_give_the_results_of_arrays(
    store, change, tmp_path, small_windows, in_order, monkeypatch
):
    monkeypatch.setattr(stored_arrays, "_MIN_BYTES", N_PER_CHUNK * 6 * 8)
    X = change(table(N_ROWS))
    stored = store(tmp_path, X)
    found, expected = (
        quick(AutoencoderTransformer, batch_size=16, max_epochs=2).fit(values)
        for values in (stored, X)
    )
    assert_close(outputs(found, stored), outputs(expected, X))


@every_store
def test_chunks_of_a_file_are_read_together(store, tmp_path):
    X = table(N_ROWS)
    chunks = ArrayChunks(store(tmp_path, X))
    (tmp_path / "single").mkdir()
    assert chunks.lengths == [N_ROWS]
    np.testing.assert_array_equal(chunks.read(0), X)
    single = ArrayChunks(store(tmp_path / "single", X.astype(np.float32)))
    assert single.read(0).dtype == single.dtype == np.float32


@every_store
@pytest.mark.parametrize(
    ("X", "error", "message"),
    [
        (np.ones((4, 3, 2)), ValueError, r"must have two axes; got 3 axes.*X\[:\]"),
        (np.ones((4, 3), complex), TypeError, "must be numbers; got the type complex128"),
        (np.ones((0, 3)), ValueError, "X has no samples"),
        (np.ones((4, 0)), ValueError, "X has no features"),
    ],
    ids=["axes", "type", "empty", "narrow"],
)
def test_invalid_arrays_in_files(store, X, error, message, tmp_path):
    with pytest.raises(error, match=message):
        quick(AutoencoderTransformer).fit(store(tmp_path, X))


@every_store
def test_arrays_in_files_have_no_categories(store, tmp_path):
    X = store(tmp_path, table(20).round())
    with pytest.raises(TypeError, match=r"read from files and contains numbers only.*X\[:\] of an"):
        quick(DenoisingAutoencoder, categorical_features=[0]).fit(X)
    quick(DenoisingAutoencoder, categorical_features=[0]).fit(X[:])


@every_store
def test_a_union_requires_arrays_in_memory(store, tmp_path):
    with pytest.raises(TypeError, match=r"in memory; got an array in a file.*X\[:\]"):
        AutoencoderFeatureUnion().fit(store(tmp_path, table(20)))
