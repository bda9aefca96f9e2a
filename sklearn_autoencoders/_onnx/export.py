"""A method of a fitted estimator as a file that runs without this package."""

from __future__ import annotations

import logging
import warnings
from contextlib import contextmanager

import torch
from sklearn.utils.validation import check_is_fitted

from .._estimators.base import Shell
from .._persistence.atomic import write_atomically
from .._utils.optional_imports import imported
from .._utils.torch_settings import preserve_settings
from .graphs import graph_of, methods_of
from .operators import translations

_OPSET = 18
# What exporters write of their own work.
_LOGGERS = ("torch.onnx", "torch.export", "torch.fx", "onnxscript", "onnx_ir")


def export_onnx(estimator, path, method="transform"):
    r"""Write a method of a fitted estimator to a file that runs without this package.

    Scaling, network and threshold are one graph. Its input is "X", of type float32 and shape
    (n_samples, n_features), with NaN where a value is missing; for `inverse_transform` it holds
    codes. Its output has the name of the method, and the shape and the type that the method has for
    float32 rows. What the method would reject, such as infinities, the graph does not notice.

    Parameters
    ----------
    estimator : estimator
        A fitted one of this package, with a network of its own.

    path : str or path-like
        Where to write; what is there is replaced once the new file is whole.

    method : str, default="transform"
        What the graph computes: a method that maps rows to rows or to numbers, or "sample".

    Raises
    ------
    ImportError
        If onnx or onnxscript is missing.

    NotFittedError
        If the estimator has not been fitted.

    TypeError
        If it is a union, a pipeline, or no estimator of this package.

    ValueError
        If it has no such method, or if the method needs a y.

    Notes
    -----
    The graph of `sample` draws nothing itself, so that it can be tested and repeated. Its input is
    "uniform", of shape (n_samples, m), with numbers drawn uniformly from (0, 1). The first chooses
    a Gaussian of the prior, with two for every component of the code after it [1]_; with
    `VectorQuantizer`, there is one for each group. Then come one or two for each cell: two under
    likelihood "gaussian" or "student_t", one under the others. The shape of the input tells
    :math:`m`.

    A classifier's `predict` returns the classes if they are numbers, and otherwise their places in
    `classes_`.

    References
    ----------
    .. [1] G. E. P. Box and M. E. Muller, "A Note on the Generation of Random Normal Deviates",
       Annals of Mathematical Statistics 29:610-611, 1958.

    Examples
    --------
    >>> import tempfile, onnxruntime
    >>> import numpy as np
    >>> from sklearn.datasets import load_iris
    >>> from sklearn_autoencoders import AutoencoderTransformer, export_onnx
    >>> X = load_iris().data.astype(np.float32)
    >>> autoencoder = AutoencoderTransformer(2, max_epochs=2, random_state=0).fit(X)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     export_onnx(autoencoder, f"{folder}/codes.onnx")
    ...     session = onnxruntime.InferenceSession(f"{folder}/codes.onnx")
    >>> (codes,) = session.run(["transform"], {"X": X})
    >>> bool(np.allclose(codes, autoencoder.transform(X), atol=1e-5))
    True
    """
    _check_method(estimator, method)
    _check_installed()
    with preserve_settings():
        graph, name, width = graph_of(estimator, method)
        contents = _serialized(graph, name, width, method)
    write_atomically(path, contents)


def _check_method(estimator, method):
    """Raise unless this is a method of a fitted estimator that needs nothing beside rows."""
    name = type(estimator).__name__
    if not isinstance(estimator, Shell):
        raise TypeError(
            f"export_onnx takes an estimator of this package that has a network; got {name}. Of a "
            "pipeline or a union, export the estimators inside one by one."
        )
    check_is_fitted(estimator)
    methods = sorted(methods_of(estimator))
    if method not in methods:
        raise ValueError(f"method must be one of {methods} for {name}; got {method!r}.")
    if method != "transform" and getattr(estimator, "_is_conditional", False):
        raise ValueError(
            f"method={method!r} of a conditional {name} needs y, which the graph does not take. "
            "Fit with conditional=False, or export method='transform'."
        )


def _check_installed():
    with _quiet():
        for name in ("onnx", "onnxscript"):
            imported(name, "onnx", "export_onnx")


def _serialized(graph, input_name, n_columns, method):
    """Return the bytes of a file with a graph whose first axis is that of the rows."""
    example = torch.full((2, n_columns), 0.5)
    with _quiet(), torch.no_grad():
        program = torch.onnx.export(
            graph,
            (example,),
            dynamo=True,
            verbose=False,
            external_data=False,
            opset_version=_OPSET,
            input_names=[input_name],
            output_names=[method],
            dynamic_shapes=({0: "n_samples"},),
            custom_translation_table=translations(),
        )
        model = program.model_proto
    del model.graph.metadata_props[:]
    for node in model.graph.node:  # they say where the package is installed
        del node.metadata_props[:]
    return model.SerializeToString()


@contextmanager
def _quiet():
    """Let the exporter work without a word: it warns of what users can do nothing about."""
    loggers = [logging.getLogger(name) for name in _LOGGERS]
    before = [logger.level for logger in loggers]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            for logger in loggers:
                logger.setLevel(logging.ERROR)
            yield
        finally:
            for logger, level in zip(loggers, before, strict=True):
                logger.setLevel(level)
