"""The parameter `encoder` of predictors: a fitted autoencoder, or one that is fitted first."""

from __future__ import annotations

import copy
from dataclasses import replace

import numpy as np
from sklearn.base import clone, is_classifier, is_regressor
from sklearn.frozen import FrozenEstimator
from sklearn.utils.validation import check_is_fitted

from .._data.sources.ranges import find_ranges
from .._data.sources.sparse import as_passed
from .._data.statistics.scaling import Scaling
from .._data.validation import ignore_empty_features
from .._training.parameters import changed_parameters, neighbor_penalty
from .._utils.random import draw_seed
from ..networks._latent.vector_quantizer import QuantizedBottleneck
from ..networks._models.ensemble import Ensemble
from ..networks._models.predictor import Predictor
from .base import BaseNetworkEstimator


def without_ignored(predictor, data):
    """Return the data without the values that a fitted encoder ignores."""
    encoder = getattr(predictor.encoder, "estimator", predictor.encoder)  # inside FrozenEstimator
    empty = getattr(encoder, "_empty_features", ())
    if len(empty) == 0 or encoder.n_features_in_ != predictor.n_features_in_:
        return data
    predictor._empty_features = np.union1d(predictor._empty_features, empty).astype(int)
    X = ignore_empty_features(predictor, data.X)
    return replace(data, X=X, ranges=find_ranges(X))


def fitted_encoder(predictor, data, rng):
    """Return `encoder` if it is fitted; otherwise a copy fitted to the training samples.

    Parameters
    ----------
    predictor : BasePredictor
        With the parameter `encoder`.

    data : Data
        The samples of the fit.

    rng : RandomState
        Source of the seed of an encoder without one.

    Returns
    -------
    BaseNetworkEstimator
        A fitted encoder that the predictor can use; otherwise, a ValueError is raised.
    """
    _check_no_network_parameters(predictor)
    encoder = predictor.encoder
    if isinstance(encoder, FrozenEstimator):
        encoder = encoder.estimator
        check_is_fitted(encoder)
    elif not (encoder.__sklearn_is_fitted__() or _needs_labels(encoder)):
        encoder = _newly_fitted(predictor, data, rng)
    _check_encoder(predictor, encoder)
    return encoder


def copied_parts(encoder):
    """Return copies of the autoencoder and of the scaling of an encoder, and the recipe."""
    autoencoder, recipe = copy.deepcopy(encoder.network_), encoder._recipe
    if isinstance(autoencoder, Predictor):
        autoencoder, recipe = autoencoder.autoencoder, recipe.autoencoder
    return autoencoder, recipe, Scaling(encoder.center_.copy(), encoder.scale_.copy())


def _needs_labels(encoder):
    return is_classifier(encoder) or is_regressor(encoder)


def _newly_fitted(predictor, data, rng):
    """Return a copy of the encoder, fitted to the training samples."""
    _check_needs_no_labels(predictor.encoder)
    _check_reads_samples(predictor, predictor.encoder)
    encoder = clone(predictor.encoder)
    if encoder.random_state is None:
        encoder.set_params(random_state=draw_seed(rng))
    training = data.thinned(len(data.X))  # all that are not held out
    samples = as_passed(training.X)
    if predictor._columns is not None:
        encoder.set_params(categorical_features=predictor._columns)
        samples = predictor._columns.restore(samples)
    return encoder.fit(samples, sample_weight=training.weight)


def _check_needs_no_labels(encoder):
    conditional = getattr(encoder, "conditional", False)
    if conditional:
        raise ValueError(
            f"encoder has conditional={conditional!r} and is not fitted. It would be fitted to "
            "all samples, also to those whose y is unknown. Fit it to samples with y and pass "
            "FrozenEstimator(encoder), or use conditional=False."
        )
    penalty = neighbor_penalty(encoder)
    if penalty is not None and penalty.supervised:
        raise ValueError(
            "encoder has the penalty Neighbors(supervised=True) and is not fitted. It would be "
            "fitted to X without y. Fit it to X and y and pass FrozenEstimator(encoder), or "
            "use supervised=False."
        )


def _check_reads_samples(predictor, encoder):
    if hasattr(encoder, "_levels"):
        raise ValueError(
            "encoder must be an autoencoder whose network reads the samples themselves. That "
            "of AutoregressiveGenerator reads the levels of their values. Use its codes, as in "
            f"make_pipeline(AutoregressiveGenerator(), {type(predictor).__name__}())."
        )


def _check_encoder(predictor, encoder):
    """Raise ValueError unless a predictor can use an encoder, which is fitted, for its features."""
    _check_reads_samples(predictor, encoder)
    bottleneck = getattr(getattr(encoder, "network_", None), "bottleneck", None)
    is_usable = isinstance(encoder, BaseNetworkEstimator) and encoder.__sklearn_is_fitted__()
    if (
        not is_usable
        or isinstance(encoder.network_, Ensemble)
        or isinstance(bottleneck, QuantizedBottleneck)
    ):
        raise ValueError(
            "encoder must be an autoencoder of this package with a single, continuous code per "
            "sample, such as AutoencoderTransformer; an encoder that requires labels must be "
            f"fitted. Ensembles and codebooks are not supported; got {predictor.encoder!r}."
        )
    if encoder.n_features_in_ != predictor.n_features_in_:
        raise ValueError(
            f"X has {predictor.n_features_in_} features, but encoder was fitted to "
            f"{encoder.n_features_in_}."
        )
    names, theirs = (getattr(e, "feature_names_in_", None) for e in (predictor, encoder))
    if names is not None and theirs is not None and list(names) != list(theirs):
        raise ValueError(
            f"The feature names of X are {list(names)}, but encoder was fitted to "
            f"{list(theirs)}. Pass the features in the same order."
        )


def _check_no_network_parameters(predictor):
    """Raise ValueError if a parameter that describes the network is not the default."""
    for name in changed_parameters(predictor, sorted(BaseNetworkEstimator._shaping_parameters)):
        raise ValueError(
            f"{name}={getattr(predictor, name)!r} cannot be given together with encoder, which "
            f"already has a network. Set {name} of the encoder."
        )
