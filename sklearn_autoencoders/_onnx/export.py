"""Export of a method of a fitted estimator to a file that runs without this package."""

from __future__ import annotations

import logging
import warnings
from contextlib import contextmanager

import numpy as np
import torch
from sklearn.utils.validation import check_is_fitted

from .._estimators.autoregressive_generator import AutoregressiveGenerator
from .._estimators.base import BaseNetworkEstimator
from .._estimators.recommender import AutoencoderRecommender
from .._persistence.atomic import write_atomically
from .._utils.optional_imports import import_optional
from .._utils.torch_settings import preserve_settings
from .columns import TABLE_METHODS, inputs_of, with_inputs
from .graphs import graph_of, methods_of
from .operators import translations
from .steps import STEPS, WHOLE, likelihood_of, step_of

_OPSET = 18
# Type of the cells of a table, which contain seconds of dates.
_WIDE = torch.float64
# Loggers of the exporter.
_LOGGERS = ("torch.onnx", "torch.export", "torch.fx", "onnxscript", "onnx_ir")


# What the networks of estimators that are not supported receive.
_UNSUPPORTED = {
    AutoregressiveGenerator: "levels of values",
    AutoencoderRecommender: "ratings without biases",
}


def export_onnx(estimator, path, method="transform"):
    r"""Export a method of a fitted estimator to an ONNX file that runs without this package.

    Scaling, network and threshold are exported as one graph. Its input is "X", of type float32 and
    shape (n_samples, n_features), with missing values as NaN; for `inverse_transform` it contains
    codes. The output is named like the method, and has the shape and type that the method returns
    for float32 samples. Unlike the method, the graph does not validate its input and does not
    reject infinite values, for instance.

    For an `AutoregressiveGenerator` that was fitted to texts, `method="predict_proba"` exports one
    step: "symbol", of type int64 and shape (n_samples,), is the index of the last character in
    `symbols_`, and -1 at the beginning or if it is unknown; "state_0" and so on are the states of
    the layers, of shape (n_samples, n_components), and those of the n-grams and of the repeats, as
    far as the network has them. All are zero at the beginning.
    The outputs are "predict_proba", the probabilities of the next symbol, and "next_state_0" and so
    on, the states of the next step.

    For an `AutoregressiveGenerator` of images or other arrays of numbers with a causal network,
    such as `CausalConvolutional`, `method="score_samples"` exports the whole log-likelihood.

    An estimator that was fitted to a table has one input for each column, named like it and of
    shape (n_samples, 1): strings for categories, of which unknown ones are missing values; float32
    for numbers, booleans and categories that are numbers; float64 for the seconds of durations and
    those of dates since 1970, of the wall time if they have a time zone. As strings cannot be
    missing in a graph, unknown categories are missing values also in the scores of an
    `AutoencoderOutlierDetector`, whose methods count them as errors. Methods that return tables,
    and densities, cannot be exported.

    Parameters
    ----------
    estimator : estimator
        A fitted estimator of this package that has a network.

    path : str or path-like
        Path of the file. An existing file is replaced atomically.

    method : str, default="transform"
        The exported method: a method that maps samples to arrays, or "sample".

    Raises
    ------
    ImportError
        If onnx or onnxscript is not installed.

    NotFittedError
        If the estimator is not fitted.

    TypeError
        If the estimator is a union, a pipeline, an `AutoregressiveGenerator` whose network is not
        causal, an `AutoencoderRecommender`, or not an estimator of this package; or if it was
        fitted to texts and is not an `AutoregressiveGenerator`.

    ValueError
        If the estimator does not have the method, or if the method requires y or cannot be
        exported for tables or for intervals of numbers.

    Notes
    -----
    The graph of `sample` is deterministic, so that it can be tested and reproduced. Its input is
    "uniform", of shape (n_samples, m), with numbers drawn uniformly from (0, 1). The first column
    selects a Gaussian of the prior and is followed by two columns for every component of the code
    [1]_; with `VectorQuantizer`, there is one column for each group instead. One or two columns for
    each feature follow: two for the likelihoods "gaussian" and "student_t", one for the others. The
    shape of the graph's input contains :math:`m`.

    The `predict` of a classifier returns the class labels if they are numbers, and otherwise their
    indices in `classes_`.

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
        contents = _exported(estimator, method).SerializeToString()
    write_atomically(path, contents)


def _exported(estimator, method):
    """Return a method as an ONNX model."""
    if isinstance(estimator, AutoregressiveGenerator):
        return _model(*(step_of if method in STEPS else likelihood_of)(estimator))
    columns = estimator._columns
    inputs = [] if columns is None else inputs_of(columns, method)
    graph, name, width = graph_of(estimator, method)
    example = torch.full((2, width), 0.5, dtype=_WIDE if inputs else torch.float32)
    model = _model(graph, (example,), [name], [method])
    return with_inputs(model, inputs) if inputs else model


def _check_method(estimator, method):
    """Raise unless this is a method of a fitted estimator that only requires X."""
    name = type(estimator).__name__
    if not isinstance(estimator, BaseNetworkEstimator):
        raise TypeError(
            f"export_onnx requires an estimator of this package that has a network; got {name}. "
            "For a pipeline or a union, export the estimators inside one by one."
        )
    check_is_fitted(estimator)
    is_causal = getattr(estimator, "_is_causal", False)
    if is_causal:
        _check_causal(estimator, method)
        return
    if isinstance(estimator, tuple(_UNSUPPORTED)):
        inputs = next(text for cls, text in _UNSUPPORTED.items() if isinstance(estimator, cls))
        raise TypeError(
            f"export_onnx does not support {name}, whose network receives {inputs}. Use save and "
            "load instead."
        )
    if estimator._is_of_texts:
        raise TypeError(
            f"export_onnx does not support this {name}, which was fitted to texts: a graph has no "
            "operation that splits them into characters. Use save and load instead."
        )
    methods = sorted(methods_of(estimator))
    if method not in methods:
        raise ValueError(f"method must be one of {methods} for {name}; got {method!r}.")
    if estimator._columns is not None and not _takes_tables(estimator, method):
        raise ValueError(
            f"method={method!r} of this {name}, which was fitted to a table with categories or "
            "dates, cannot be exported. Only codes, predictions and scores that are losses can: "
            "export another method, or encode the table before the estimator, for instance by "
            "OneHotEncoder."
        )
    if method != "transform" and getattr(estimator, "_is_conditional", False):
        raise ValueError(
            f"method={method!r} of a conditional {name} needs y, which is not an input of the "
            "graph. Fit with conditional=False, or export method='transform'."
        )


def _check_causal(estimator, method):
    """Raise ValueError unless this method of a causal network can be exported."""
    name, methods = type(estimator).__name__, STEPS if estimator._is_of_texts else WHOLE
    if method not in methods:
        given = "texts" if estimator._is_of_texts else "numbers"
        raise ValueError(
            f"method must be one of {methods} for {name} with a causal network that was fitted to "
            f"{given}; got {method!r}."
        )
    if estimator._is_of_texts:
        return
    levels = estimator._levels.numbers[0]
    if len(levels.quantiles):
        raise ValueError(
            f"method={method!r} of this {name} cannot be exported, because its levels are "
            f"intervals of numbers. Fit with max_levels of at least the number of distinct "
            f"values; got max_levels={estimator.max_levels}."
        )
    if len(np.unique(levels.values.astype(np.float32))) < len(levels.values):
        raise ValueError(
            f"method={method!r} of this {name} cannot be exported, because the graph receives "
            "float32, in which some of its levels are the same number. Fit to smaller numbers."
        )


def _takes_tables(estimator, method):
    """Return whether a method can be exported of an estimator that was fitted to a table."""
    returns_samples = method == "transform" and getattr(estimator, "output", "code") != "code"
    is_density = method == "score_samples" and hasattr(estimator, "elbo_samples")
    return method in TABLE_METHODS and not returns_samples and not is_density


def _check_installed():
    with _quiet():
        for name in ("onnx", "onnxscript"):
            import_optional(name, "onnx", "export_onnx")


def _model(graph, examples, inputs, outputs):
    """Return an ONNX model; the first axis of each input is the one of the samples.

    Parameters
    ----------
    graph : Module
        The function.

    examples : tuple of Tensor and list of Tensor
        Its arguments.

    inputs, outputs : list of str
        Names of all tensors.
    """
    axis = {0: "n_samples"}
    shapes = tuple([axis] * len(arg) if isinstance(arg, list) else axis for arg in examples)
    with _quiet(), torch.no_grad():
        program = torch.onnx.export(
            graph,
            examples,
            dynamo=True,
            verbose=False,
            external_data=False,
            opset_version=_OPSET,
            input_names=inputs,
            output_names=outputs,
            dynamic_shapes=shapes,
            custom_translation_table=translations(),
        )
        model = program.model_proto
    del model.graph.metadata_props[:]
    for node in model.graph.node:  # they contain the path where the package is installed
        del node.metadata_props[:]
    return model


@contextmanager
def _quiet():
    """Suppress warnings and messages of the exporter, which users cannot act on."""
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
