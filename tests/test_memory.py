"""Simulated lack of memory: smaller chunks, and errors with advice."""

import numpy as np
import pytest
import torch
from estimators import CASES, PREDICTORS, quick
from helpers import assert_same, case, outputs, table, weights
from torch.nn import functional

from sklearn_autoencoders import AutoencoderTransformer
from sklearn_autoencoders._inference import run as _inference

ON_CPU = "[enforce fail at alloc_cpu.cpp:115] . DefaultCPUAllocator: can't allocate memory: you ..."
ERRORS = {
    "cuda": torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB."),
    "cpu": RuntimeError(ON_CPU),
    "numpy": MemoryError("Unable to allocate 7.45 GiB"),
}
every_error = pytest.mark.parametrize("error", ERRORS.values(), ids=ERRORS)


def _limited(function, place, n_rows, error, seen=None):
    """Return a function that raises an error if the batch in an argument is larger."""

    def limited(*args):
        size = args[place].shape[-2]
        if seen is not None:
            seen.append(size)
        if size > n_rows:
            raise error
        return function(*args)

    return limited


def _fail_beyond(monkeypatch, n_rows, error):
    """Make linear layers run out of memory for larger batches; return the batch sizes."""
    seen = []
    monkeypatch.setattr(functional, "linear", _limited(functional.linear, 0, n_rows, error, seen))
    return seen


@every_error
@pytest.mark.parametrize("estimator", CASES, ids=repr)
def test_inference_continues_with_smaller_chunks(estimator, error, monkeypatch):
    X = table(200)
    fitted = case(estimator).fit(X)
    expected = outputs(fitted, X)
    seen = _fail_beyond(monkeypatch, 64, error)
    found = outputs(fitted, X)
    for name, values in expected.items():
        np.testing.assert_allclose(found[name], values, rtol=1e-6, atol=1e-6, err_msg=name)
    assert max(seen) > 64 or type(estimator).__name__ == "AutoencoderOutlierDetector"


def test_chunks_are_halved_once_and_stay_small(monkeypatch):
    fitted = case(AutoencoderTransformer(2)).fit(table())
    seen = _fail_beyond(monkeypatch, 30, ERRORS["cpu"])
    fitted.transform(table(200))
    first = seen.index(25)
    assert set(seen[:first]) == {200, 100, 50}
    assert set(seen[first:]) == {25}


@every_error
def test_a_sample_that_does_not_fit_is_a_clear_error(error, monkeypatch):
    fitted = case(AutoencoderTransformer(2)).fit(table())
    expected = outputs(fitted, table())
    with monkeypatch.context() as patch:
        _fail_beyond(patch, 0, error)
        with pytest.raises(MemoryError, match="fewer samples"):
            fitted.transform(table())
    assert_same(outputs(fitted, table()), expected)


@every_error
@pytest.mark.parametrize("cls", [type(e) for e in CASES[::3]] + PREDICTORS)
def test_fit_gives_advice_and_keeps_the_previous_fit(cls, error, monkeypatch):
    y = [(table()[:, 0] > 0.5).astype(int)] if cls in PREDICTORS else []
    fitted = quick(cls).fit(table(), *y)
    before = weights(fitted)

    with monkeypatch.context() as patch:
        for module, name, place in (functional, "linear", 0), (torch, "baddbmm", 1):
            patch.setattr(module, name, _limited(getattr(module, name), place, 2, error))
        with pytest.raises(MemoryError, match="lower batch_size="):
            fitted.fit(table(), *y)
    for name, array in before.items():
        np.testing.assert_array_equal(weights(fitted)[name], array)


def test_other_errors_are_not_taken_for_it(monkeypatch):
    fitted = case(AutoencoderTransformer(2)).fit(table())
    monkeypatch.setattr(_inference, "few_threads", None)
    with pytest.raises(TypeError, match="not callable"):
        fitted.transform(table())
