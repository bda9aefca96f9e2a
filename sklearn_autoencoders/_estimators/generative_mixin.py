"""Methods of a generative model: sampling, perturbation, interpolation, likelihood, imputation."""

from __future__ import annotations

import math
from numbers import Integral, Real
from typing import ClassVar

import numpy as np
from sklearn.utils import check_consistent_length, check_scalar
from sklearn.utils.metadata_routing import UNUSED
from sklearn.utils.validation import check_is_fitted

from .._data.conditions import condition_of
from .._data.statistics.scaling import put_constants
from .._data.validation import (
    check_codes,
    check_samples,
    check_samples_as_given,
    check_weight,
)
from .._data.value_checks import check_output, check_unit_interval
from .._inference.latent_paths import PATHS
from .._inference.postprocess import apply_to_arrays, log_mean_exp
from .._inference.sampling import (
    draw_samples,
    expected_samples,
    fixed_noise,
    log_weights,
    sample_codes,
    sample_posterior,
)
from .._utils.random import draw_seed, own_random_state
from .._utils.tensors import tensors_like_input
from ..networks._latent.bottlenecks import GaussianBottleneck


class GenerativeMixin:
    """Methods of a fitted generative model; `y` is the condition of a conditional model."""

    __metadata_request__inverse_transform: ClassVar[dict] = {"out": UNUSED}  # no metadata

    @tensors_like_input
    def inverse_transform(self, X, y=None, *, out=None):
        """Decode codes to the means of their likelihoods.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_components_)
            Codes.

        y : array-like of shape (n_samples, ...), scalar or dict, default=None
            Label or target of every sample, if `conditional`; after a fit to a table, all its
            columns, or a dict of a value for each of them.

        out : ndarray of shape (n_samples, n_features_in_) or None, default=None
            An array or a memory map into which the samples are written in chunks, if they do not
            fit in memory. Not for tables with categories.

        Returns
        -------
        ndarray or frame of shape (n_samples, n_features_in_)
            The decoded samples, in the units of the training data; `out` if it is given. Images
            and series have the shape in which they were fitted. After a fit to a frame, they are
            a frame if the codes are one, or if the frame has columns that are not numbers.
        """
        codes = check_codes(self, X)
        condition = self._condition(y, len(codes))

        def decoded(chunk):
            return self._decoded(codes[chunk], None if condition is None else condition[chunk])

        return self._decoded_into(out, X, len(codes), decoded)

    @tensors_like_input
    def reconstruct(self, X, y=None):
        """Encode and decode X deterministically, without sampling.

        Parameters
        ----------
        X : {array-like, sparse matrix, dataset of pyarrow} of shape (n_samples, n_features)
            Samples. Missing values are encoded as NaN.

        y : array-like of shape (n_samples, ...), scalar or dict, default=None
            Label or target of every sample, if `conditional`; after a fit to a table, all its
            columns, or a dict of a value for each of them.

        Returns
        -------
        ndarray or frame of shape (n_samples, n_features)
            The reconstruction, in the units of X. Images and series are returned in the shape of
            the input, frames as frames.
        """
        samples = check_samples(self, X, restores=True)
        return self._as_given(self._reconstruct(samples, self._condition(y, len(samples))), X)

    def sample(self, n_samples=1, y=None, random_state=None, *, noise=True):
        """Draw samples from the model.

        After a fit to a table, numbers are replaced by values of the same rank in the training
        samples if their distributions differ: ranges, tails and frequent values are as in the fit.

        Parameters
        ----------
        n_samples : int, default=1
            Number of samples. If y contains arrays, the default is their length.

        y : array-like of shape (n_samples, ...), scalar or dict, default=None
            Label or target on which the samples are conditioned, if `conditional`; after a fit to a
            table, all its columns, or a dict of a value for each of them.

        random_state : int, RandomState instance or None, default=None
            Determines the random draws. None uses fresh entropy.

        noise : bool, default=True
            Whether to draw from the likelihood. If False, its mean is returned, and numbers of a
            table are not replaced.

        Returns
        -------
        ndarray or frame of shape (n_samples, n_features_in_)
            Samples in the units, the type and the container of the training data. Features that are
            constant in the training data are constant.
        """
        check_is_fitted(self)
        check_scalar(n_samples, "n_samples", Integral, min_val=1)
        if n_samples == 1 and (lengths := _lengths(y)):
            n_samples = lengths[0]
            check_scalar(n_samples, "len(y)", Integral, min_val=1)
        condition, seeds = self._condition(y, n_samples), _seeds(random_state)
        codes = sample_codes(self._model, n_samples, condition, next(seeds))
        seed = next(seeds) if noise else None
        samples = self._decoded(codes, condition, seed, self._sample_dtype)
        return self._as_drawn(self._corrected(samples) if noise else samples)

    @tensors_like_input
    def perturb(self, X, scale=1.0, n_samples=1, y=None, random_state=None, *, noise=True):
        r"""Draw variations of samples: codes from :math:`N(\mu(x), s^2 \sigma(x)^2)`, decoded.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_rows, n_features)
            Samples. Missing values are encoded as NaN.

        scale : float, default=1.0
            The factor :math:`s`. With 1, codes are drawn from the posterior.

        n_samples : int, default=1
            Number of draws for every sample.

        y : array-like of shape (n_rows, ...), scalar or dict, default=None
            Label or target of every sample, if `conditional`; after a fit to a table, all its
            columns, or a dict of a value for each of them.

        random_state : int, RandomState instance or None, default=None
            Determines the random draws. None uses fresh entropy.

        noise : bool, default=True
            Whether to draw from the likelihood. If False, its mean is returned.

        Returns
        -------
        ndarray or frame of shape (n_rows * n_samples, n_features)
            The draws for the first sample, followed by those for the second, and so on.

        Raises
        ------
        ValueError
            If the codes are quantized and thus have no neighborhood.
        """
        X = check_samples(self, X, restores=True)
        check_scalar(n_samples, "n_samples", Integral, min_val=1)
        check_scalar(scale, "scale", Real, min_val=0)
        if not math.isfinite(scale):
            raise ValueError(f"scale must be finite; got {scale}.")
        if not isinstance(self.network_.bottleneck, GaussianBottleneck):
            raise ValueError(f"perturb needs Gaussian posteriors; got latent={self.latent!r}.")
        condition, seeds = self._condition(y, len(X), n_samples), _seeds(random_state)
        X = X[np.repeat(np.arange(len(X)), n_samples)]
        codes = sample_posterior(self._model, X, condition, scale, next(seeds))
        return self._as_drawn(self._decoded(codes, condition, next(seeds) if noise else None))

    def interpolate(self, A, B, n_steps=8, method="linear", y=None):
        """Interpolate between pairs of samples in the latent space.

        Parameters
        ----------
        A, B : array-like of shape (n_pairs, n_features)
            Start and end samples.

        n_steps : int, default=8
            Number of interpolated samples, including both ends.

        method : {"linear", "slerp"}, default="linear"
            Whether to interpolate codes linearly, or spherically along a great circle with linearly
            interpolated norm, which is appropriate for codes far from the origin.

        y : array-like of shape (n_pairs, ...), scalar or dict, default=None
            Label or target of every pair, if `conditional`; after a fit to a table, all its
            columns, or a dict of a value for each of them.

        Returns
        -------
        ndarray of shape (n_pairs, n_steps, n_features_in_)
            The interpolated samples, as means of the likelihood.
        """
        A, B = (check_samples(self, own, restores=True) for own in (A, B))
        check_consistent_length(A, B)
        check_scalar(n_steps, "n_steps", Integral, min_val=2)
        if method not in PATHS:
            raise ValueError(f"method must be one of {sorted(PATHS)}; got {method!r}.")
        fraction = np.linspace(0, 1, n_steps)[None, :, None]
        condition = self._condition(y, len(A))
        ends = (self._encode(samples, condition)[:, None] for samples in (A, B))
        codes = PATHS[method](*ends, fraction).reshape(-1, self.n_components_)
        codes = codes.astype(np.result_type(A, B), copy=False)
        decoded = self._as_given(self._decoded(codes, self._condition(y, len(A), n_steps)))
        if self._columns is not None:
            return decoded
        return decoded.reshape(len(A), n_steps, *decoded.shape[1:])

    @tensors_like_input
    def score_samples(self, X, y=None, *, n_draws=64):
        r"""Return an estimate of the log-likelihood of each sample, in nats.

        .. math:: \log \frac1K \sum_{k=1}^{K} \frac{p(x|z_k)\, p(z_k)}{q(z_k|x)},
            \quad z_k \sim q(z|x)

        as a density of the observed values in the units of X. In expectation it is a lower bound of
        the log-likelihood that increases with :math:`K`. The same draws are used in every call and
        for every sample.

        Parameters
        ----------
        X : {array-like, sparse matrix, dataset of pyarrow} of shape (n_samples, n_features)
            Samples. Missing values are encoded as NaN.

        y : array-like of shape (n_samples, ...), scalar or dict, default=None
            Label or target of every sample, if `conditional`; after a fit to a table, all its
            columns, or a dict of a value for each of them.

        n_draws : int, default=64
            The number of draws :math:`K`.

        Returns
        -------
        ndarray of shape (n_samples,)
            Log-likelihoods.
        """
        return apply_to_arrays(log_mean_exp, self._log_weights(X, y, n_draws))

    @tensors_like_input
    def elbo_samples(self, X, y=None, *, n_draws=64):
        """Return an estimate of the evidence lower bound (ELBO) of each sample, in nats.

        It is the mean of the log-weights of which `score_samples` is the log-mean-exp, for the same
        draws. It is therefore never larger than `score_samples`.

        Parameters
        ----------
        X : {array-like, sparse matrix, dataset of pyarrow} of shape (n_samples, n_features)
            Samples. Missing values are encoded as NaN.

        y : array-like of shape (n_samples, ...), scalar or dict, default=None
            Label or target of every sample, if `conditional`; after a fit to a table, all its
            columns, or a dict of a value for each of them.

        n_draws : int, default=64
            Number of draws.

        Returns
        -------
        ndarray of shape (n_samples,)
            Lower bounds of the log-likelihoods, with a `beta` of one.
        """
        return self._log_weights(X, y, n_draws).mean(axis=1)

    @tensors_like_input
    def score(self, X, y=None, sample_weight=None):
        """Return the mean log-likelihood of the samples, in nats.

        Parameters
        ----------
        X : {array-like, sparse matrix, dataset of pyarrow} of shape (n_samples, n_features)
            Samples. Missing values are encoded as NaN.

        y : array-like of shape (n_samples, ...), scalar or dict, default=None
            Label or target of every sample, if `conditional`; after a fit to a table, all its
            columns, or a dict of a value for each of them.

        sample_weight : array-like of shape (n_samples,), default=None
            Sample weights.

        Returns
        -------
        float
            The mean of `score_samples`.
        """
        scores = self.score_samples(X, y)
        weight = None if sample_weight is None else check_weight(sample_weight, scores[:, None])
        return float(np.average(scores, weights=weight))

    @tensors_like_input
    def impute(self, X, y=None, *, n_draws=64):
        r"""Impute missing values by their expectation given the observed values.

        .. math:: E[x_j \mid x_{known}] \approx \sum_k w_k E[x_j|z_k], \quad
            w_k \propto \frac{p(x_{known}|z_k)\, p(z_k)}{q(z_k|x)}

        The encoder learns to infer codes from samples with missing values only if some are missing
        in `fit`. If none are, fit with `corruption="masking"`.

        Parameters
        ----------
        X : {array-like, sparse matrix, dataset of pyarrow} of shape (n_samples, n_features)
            Samples. Missing values are encoded as NaN.

        y : array-like of shape (n_samples, ...), scalar or dict, default=None
            Label or target of every sample, if `conditional`; after a fit to a table, all its
            columns, or a dict of a value for each of them.

        n_draws : int, default=64
            Number of draws of the code of every sample. They are the same in every call.

        Returns
        -------
        ndarray or frame of shape (n_samples, n_features)
            X without missing values, except in features that had no value in the fit. Observed
            values are unchanged, also categories that did not occur in the fit.
        """
        given, samples = check_samples_as_given(self, X, restores=True)
        check_scalar(n_draws, "n_draws", Integral, min_val=1)
        condition = self._condition(y, len(samples))
        noise = self._noise(n_draws, samples.dtype)
        expected = check_output(expected_samples(self._model, samples, condition, noise))
        return self._as_given(self._without_empty(expected), X, given)

    def _condition(self, y, n_samples, n_repeats=1, advice=""):
        """Return the condition of every sample, repeated for each of its draws."""
        if not self._is_conditional:
            if y is not None:
                raise ValueError(
                    "y was given, but the fit was not conditional. Set conditional=True before fit."
                )
            return None
        if y is None:
            raise ValueError(
                "y is None, but the fit was conditional. Pass y, one label or target for all "
                "samples or one for each of them, as in sample(y=...)."
            )
        return np.repeat(condition_of(self, y, n_samples, advice), n_repeats, axis=0)

    @property
    def _is_conditional(self):
        return self._recipe.n_conditions > 0

    def _decoded(self, codes, condition, seed=None, dtype=None):
        """Return the samples that codes are decoded to; with a seed, with noise."""
        samples = draw_samples(self._model, codes, condition, seed)
        with np.errstate(over="ignore"):
            samples = samples.astype(dtype or samples.dtype, copy=False)
        return self._without_empty(put_constants(check_output(samples), self._constants))

    def _log_weights(self, X, y, n_draws):
        X = check_samples(self, X)
        check_unit_interval(self, self._loss, X)
        check_scalar(n_draws, "n_draws", Integral, min_val=1)
        advice = " In cross-validation, use stratified folds."
        condition = self._condition(y, len(X), advice=advice) if self._is_conditional else None
        noise = self._noise(n_draws, X.dtype)
        return check_output(log_weights(self._model, X, condition, noise))

    def _noise(self, n_draws, dtype):
        return fixed_noise(self._model, n_draws, self.n_components_, dtype)


def _seeds(random_state):
    """Yield seeds for torch generators."""
    rng = own_random_state(random_state)
    while True:
        yield draw_seed(rng)


def _lengths(y):
    """Return the lengths of the arrays in y, which are an array or those of a dict."""
    parts = y.values() if isinstance(y, dict) else [y]
    return [len(part) for part in parts if np.ndim(part) > 0]
