"""The methods of estimators as functions of a tensor, from which ONNX graphs are exported."""

from __future__ import annotations

import copy
from dataclasses import replace

import numpy as np
import torch
from torch import nn

from .._data.batches import SampleDataset
from .._data.data import Data
from .._estimators.base import BaseAutoencoder, BaseNetworkEstimator
from .._estimators.classifier import AutoencoderClassifier
from .._estimators.denoising import DenoisingAutoencoder
from .._estimators.generative_mixin import GenerativeMixin
from .._estimators.outlier_mixin import OutlierDetectorMixin
from .._estimators.reconstruction_score import ReconstructionScoreMixin
from .._estimators.regressor import AutoencoderRegressor
from .._inference import outlier_errors, postprocess, run, sampling
from .._inference.marginals import correction
from .._utils.batch import Batch
from .._utils.draws import Given
from ..objectives._likelihoods import Likelihood

_FLOAT = np.float32
# Number of draws of an estimate, as in the methods.
_N_DRAWS = 64
# Kinds of class labels with a numeric ONNX type, and the types of which torch selects elements.
_NUMBERS = {"b": np.bool_, "i": np.int64, "u": np.int64, "f": np.float64}


def graph_of(estimator, method):
    """Return a method as a torch module, the name of its input and its number of columns."""
    fitted = _Fitted(estimator)
    build, read = methods_of(estimator)[method]
    graph = _Graph(fitted.network, build(fitted)).eval()
    return graph, *read(fitted, graph)


class _Graph(nn.Module):
    """A module that contains a network and applies a function of the network to a tensor."""

    def __init__(self, network, function):
        super().__init__()
        self.network, self.function = network, function

    def forward(self, given):
        """Apply the function to a tensor."""
        return self.function(self.network, given)


class _Fitted:
    """A copy of the model of a fitted estimator, in single precision and on the CPU."""

    def __init__(self, estimator):
        self.estimator = estimator
        network = copy.deepcopy(estimator.network_).cpu().float().eval().requires_grad_(False)
        model = estimator._model
        model.layout.prepared()  # the loss has the same layout
        loss = model.loss
        if isinstance(loss, Likelihood):  # ONNX does not support some functions of the noise
            loss = loss.settled(network.noise) if hasattr(network, "noise") else loss
        self.network = network
        self.model = replace(model, network=network, loss=loss)
        self._is_empty = torch.zeros(estimator.n_features_in_, dtype=torch.bool)
        self._is_empty[list(estimator._empty_features)] = True
        cells = _FLOAT if estimator._columns is None else np.float64  # for seconds of dates
        placeholder = np.full((1, estimator.n_features_in_), np.nan, cells)
        self._samples = SampleDataset(self.model, Data(placeholder), torch.float32)
        if self._samples.conditional_mean is not None:
            self._samples.conditional_mean.is_traced = True

    def batch(self, samples):
        """Return raw samples as a batch."""
        samples = self.without_empty(samples)
        return self._samples.batch(samples, samples)

    def without_empty(self, samples):
        """Set features that had no value in the fit to NaN."""
        is_any = len(self.estimator._empty_features) > 0
        return samples.masked_fill(self._is_empty, torch.nan) if is_any else samples

    def array(self, name):
        """Return a fitted attribute as a tensor in double precision."""
        return torch.tensor(getattr(self.estimator, name), dtype=torch.float64)


# ---------------------------------------------------------------------------------- methods


def _of_samples(function, then=lambda output: output):
    """Convert a function of batches to one of unscaled samples; `then` maps its output."""

    def build(fitted):
        of_batch = function(fitted)
        return lambda network, samples: then(of_batch(network, fitted.batch(samples)))

    return build


def _codes(fitted):
    return run.codes


def _reconstruction(fitted):
    reconstruction = run.reconstruct_function(fitted.model, _FLOAT)
    return lambda network, batch: fitted.without_empty(reconstruction(network, batch))


def _minus_losses(fitted):
    losses = run.loss_function(fitted.model)
    return lambda network, batch: -losses(network, batch)


def _of_codes(fitted):
    decoding = run.decode_function(fitted.model, _FLOAT)
    return lambda network, codes: fitted.without_empty(decoding(network, Batch(codes)))


def _with_constants(build):
    """Set constant features in the output of a function to their values in training."""

    def build_both(fitted):
        function, constants = build(fitted), fitted.array("_constants")
        return lambda network, given: postprocess.with_constants(
            function(network, given), constants
        )

    return build_both


def _imputed(fitted):
    reconstruction = _of_samples(_reconstruction)(fitted)
    return lambda network, samples: torch.where(
        samples.isnan(), reconstruction(network, samples), samples
    )


_TRANSFORMS = {
    "denoised": _of_samples(_reconstruction),
    "imputed": _imputed,
    "code": _of_samples(_codes),
}


def _denoised(fitted):
    return _TRANSFORMS[fitted.estimator.output](fitted)


def _weights(fitted):
    return sampling.log_weight_function(fitted.model, _noise(fitted))


def _noise(fitted):
    n_components = fitted.estimator.n_components_
    return sampling.fixed_noise(fitted.model, _N_DRAWS, n_components, _FLOAT)


def _filled(fitted):
    expectation = sampling.expectation_function(fitted.model, _noise(fitted), _FLOAT)

    def function(network, samples):
        expected = fitted.without_empty(expectation(network, fitted.batch(samples)))
        return torch.where(samples.isnan(), expected, samples)

    return function


def _drawn_samples(fitted):
    """Compute samples from uniform numbers; the noise has double precision, as in `sample`."""
    dtype, marginals = getattr(torch, fitted.estimator._sample_dtype), fitted.estimator._marginals
    corrected = (lambda samples: samples) if marginals is None else correction(marginals)

    def function(network, uniform):
        draws = uniform if isinstance(uniform, Given) else Given(uniform)
        codes = network.bottleneck.sample(draws.n_rows, network.encoder, draws)
        samples = sampling.draw_function(fitted.model, draws, np.float64)(network, Batch(codes))
        return corrected(fitted.without_empty(samples).to(dtype))

    return function


def _scores(fitted):
    units = fitted.estimator._units
    errors = outlier_errors.error_function(fitted.model, *units.of_varying, _FLOAT)
    columns = torch.tensor(np.flatnonzero(units.is_constant))
    *of_constants, n_samples = units.of_constants
    expected, unit = map(torch.tensor, of_constants)
    quantiles = None if units.quantiles is None else torch.tensor(units.quantiles)

    def function(network, samples):
        found = errors(network, fitted.batch(samples)).double()
        n_observed = (~fitted.without_empty(samples).isnan()).sum(1)
        if len(columns):
            given = samples[:, columns], expected, unit, n_samples, n_observed
            found = found + postprocess.mean_constant_errors(*given)
        if quantiles is not None:
            found = postprocess.comparable(found, n_observed, quantiles)
        return -found

    return function


def _of_scores(function, name):
    """Convert a function of scores and of a fitted attribute to a function of samples."""

    def build(fitted):
        scores, attribute = _scores(fitted), fitted.array(name)
        return lambda network, samples: function(scores(network, samples), attribute)

    return build


def _decision(scores, offset):
    return scores - offset


def _outlier_labels(scores, offset):
    return postprocess.outlier_labels(_decision(scores, offset))


def _logits(fitted):
    return run.predictions


def _classes(fitted):
    """Return class labels if they have a numeric ONNX type, otherwise their indices."""
    classes = fitted.estimator.classes_
    if classes.dtype.kind not in _NUMBERS:
        return _of_samples(_logits, postprocess.most_likely)(fitted)
    labels = torch.tensor(classes.astype(_NUMBERS[classes.dtype.kind]))
    dtype = getattr(torch, classes.dtype.name, labels.dtype)

    def most_likely(logits):
        return labels[postprocess.most_likely(logits)].to(dtype)

    return _of_samples(_logits, most_likely)(fitted)


def _targets(fitted):
    center, scale = fitted.array("target_center_"), fitted.array("target_scale_")
    is_one, dtype = fitted.estimator._is_one_target, getattr(torch, fitted.estimator._target_dtype)

    def in_units(prediction):
        found = postprocess.in_units(prediction.double(), center, scale).to(dtype)
        return found[:, 0] if is_one else found

    return _of_samples(_logits, in_units)(fitted)


# ---------------------------------------------------------------------------------- inputs


def _samples_input(fitted, graph):
    return "X", fitted.estimator.n_features_in_


def _codes_input(fitted, graph):
    return "X", fitted.estimator.n_components_


def _uniform_input(fitted, graph):
    """Return the name of the input, and the number of uniform numbers that a draw uses."""
    max_columns = 1 + 2 * (fitted.estimator.n_components_ + fitted.estimator.n_features_in_)
    draws = Given(torch.full((2, max_columns), 0.5))
    with torch.no_grad():
        graph(draws)
    return "uniform", draws.n_taken


# Methods of each class in addition to those of its base classes.
_METHODS = {
    BaseNetworkEstimator: {"transform": (_of_samples(_codes), _samples_input)},
    BaseAutoencoder: {
        "reconstruct": (_of_samples(_reconstruction), _samples_input),
        "inverse_transform": (_of_codes, _codes_input),
    },
    ReconstructionScoreMixin: {"score_samples": (_of_samples(_minus_losses), _samples_input)},
    DenoisingAutoencoder: {"transform": (_denoised, _samples_input)},
    GenerativeMixin: {
        "inverse_transform": (_with_constants(_of_codes), _codes_input),
        "score_samples": (_of_samples(_weights, postprocess.log_mean_exp), _samples_input),
        "elbo_samples": (_of_samples(_weights, lambda weights: weights.mean(1)), _samples_input),
        "impute": (_filled, _samples_input),
        "sample": (_with_constants(_drawn_samples), _uniform_input),
    },
    OutlierDetectorMixin: {
        "reconstruct": (_with_constants(_of_samples(_reconstruction)), _samples_input),
        "score_samples": (_scores, _samples_input),
        "decision_function": (_of_scores(_decision, "offset_"), _samples_input),
        "predict": (_of_scores(_outlier_labels, "offset_"), _samples_input),
        "p_values": (_of_scores(postprocess.p_values, "held_out_scores_"), _samples_input),
    },
    AutoencoderClassifier: {
        "decision_function": (_of_samples(_logits, postprocess.margins), _samples_input),
        "predict_proba": (_of_samples(_logits, postprocess.probabilities), _samples_input),
        "predict_log_proba": (
            _of_samples(_logits, postprocess.log_probabilities),
            _samples_input,
        ),
        "predict": (_classes, _samples_input),
    },
    AutoencoderRegressor: {"predict": (_targets, _samples_input)},
}


def methods_of(estimator):
    """Return the exportable methods of an estimator by name; subclasses override base classes."""
    found = {}
    for cls in reversed(type(estimator).__mro__):
        found.update(_METHODS.get(cls, {}))
    return {name: method for name, method in found.items() if hasattr(estimator, name)}
