"""Methods of a fitted autoregressive model: samples, likelihoods, imputation and explanations."""

from __future__ import annotations

from numbers import Integral, Real

import numpy as np
from sklearn.utils import check_scalar
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import check_is_fitted

from .._data.validation import check_samples_as_given, check_weight
from .._inference.conditionals import Sharpening, draw_levels, marginal_probabilities
from .._inference.sequences import last_log_probabilities
from .._utils.random import own_random_state
from .._utils.tensors import tensors_like_input

# Smallest probability by which another one is divided.
_LOWEST = np.finfo(np.float32).tiny


def _is_sequential(estimator):
    """Return whether the network is causal, or raise AttributeError."""
    if estimator._order.is_causal:
        return True
    raise AttributeError("Only sequences have a next value: use network=CausalRecurrent().")


class AutoregressiveMixin:
    """Methods of a fitted autoregressive model, which has levels and an order of the cells."""

    def sample(
        self,
        n_samples=1,
        random_state=None,
        *,
        missing=False,
        prompt=None,
        length=None,
        temperature=1.0,
        top_k=None,
        top_p=None,
    ):
        r"""Draw samples from the model.

        Each value is drawn from :math:`p_k^{1 / T} / \sum_l p_l^{1 / T}`, where :math:`p` are the
        probabilities of its levels given the values before it, and :math:`T` the temperature.

        Parameters
        ----------
        n_samples : int, default=1
            Number of samples.

        random_state : int, RandomState instance or None, default=None
            Determines the random draws. None uses fresh entropy.

        missing : bool, default=False
            Whether values of columns that had missing values in the fit can be missing. Sequences
            have no missing values.

        prompt : str, array-like of shape (n_given,) or None, default=None
            The beginning of each sequence, which is continued. If the first value is a class
            (`class_first` of `CausalConvolutional`), it is one of the fit, also if it is drawn.

        length : int or None, default=None
            Maximum number of values that are drawn for a sequence, after the prompt. None is the
            number of features, with those of the prompt; for texts it is the length of the longest
            one in the fit, also with the prompt, and at most `chunk_size` after the prompt if the
            fit was to a single text. A text ends earlier if its end is drawn.

        temperature : float, default=1.0
            Positive. Lower values give more probable and less diverse samples.

        top_k : int or None, default=None
            If given, values are drawn from the `top_k` most probable levels.

        top_p : float or None, default=None
            If given, values are drawn from the most probable levels whose probabilities sum to at
            least `top_p`, in (0, 1] [1]_.

        Returns
        -------
        ndarray or frame of shape (n_samples, n_features_in_), or list of str
            Samples like those of the fit: in a table, with its names and types. Sequences begin
            with the prompt. Those of another length than in the fit are rows of an array.

        References
        ----------
        .. [1] A. Holtzman et al., "The Curious Case of Neural Text Degeneration", ICLR 2020.
        """
        check_is_fitted(self)
        check_scalar(n_samples, "n_samples", Integral, min_val=1)
        reshape = _checked_sharpening(temperature, top_k, top_p)
        if length is not None:
            check_scalar(length, "length", Integral, min_val=1)
        cells, n_positions = self._order.first_cells(self, n_samples, prompt, length)
        drawn = self._drawn(cells, own_random_state(random_state), missing, n_positions, reshape)
        drawn = drawn.astype(self._sample_dtype)
        n_given = cells.shape[1]
        if isinstance(prompt, str):
            return [prompt + text for text in self._as_given(drawn[:, n_given:])]
        if prompt is not None:
            drawn[:, :n_given] = prompt
        is_like_fit = self._columns is not None or drawn.shape[1] == self.n_features_in_
        return self._as_drawn(drawn) if is_like_fit else drawn

    @tensors_like_input
    def impute(self, X, *, n_draws=None, random_state=None):
        r"""Impute missing values, by their expectation or by draws.

        The expectation is :math:`E[x_j \mid x_{known}]` for numbers, and the most probable category
        for categories. For draws, each missing value is drawn given the known ones and the missing
        ones before it, so that each of the tables is a draw from :math:`p(x_{missing} \mid
        x_{known})`. In this way rows can also be completed of which, for instance, only the class
        is known.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Samples. Missing values are encoded as NaN.

        n_draws : int or None, default=None
            Number of tables that are drawn, for multiple imputation; None for the expectation.

        random_state : int, RandomState instance or None, default=None
            Determines the draws. None uses fresh entropy.

        Returns
        -------
        ndarray or frame of shape (n_samples, n_features), or list of these
            X without missing values, except in features that had no value in the fit; a list of
            `n_draws` of them if `n_draws` is given. Observed values are
            unchanged, also categories that did not occur in the fit.
        """
        if self._order.is_causal:
            raise ValueError(
                "impute predicts missing values from all others, but a causal network predicts "
                "them from those before them only. Use network=None and a table, or "
                "DenoisingAutoencoder."
            )
        given, cells = self._levels_of(X, restores=True)
        if n_draws is None:
            found = marginal_probabilities(self._model, cells, self._levels.n_levels)
            expected = [self._levels.expect(j, own) for j, own in enumerate(found)]
            return self._filled(np.stack(expected, axis=1), X, given)
        check_scalar(n_draws, "n_draws", Integral, min_val=1)
        rng = own_random_state(random_state)
        return [self._filled(self._drawn(cells, rng), X, given) for _ in range(n_draws)]

    def explain(self, X):
        r"""Return how unexpected each value of a sample is given its other values.

        .. math:: c_{ij} = -\frac{1}{d_i} \, \frac{q_j(x_{ij})}{p(x_{ij} \mid x_{i, -j})}

        compares the probability of a value given the :math:`d_i - 1` other known ones with that
        among wrong values of column :math:`j`, of which half are distributed as in the training
        samples and half uniformly over the categories or the range of the column. A value of which
        :math:`-d_i \, c_{ij}` is 100 is 100 times more probable among wrong values; the mean of
        correct values is one. The lowest contributions are probably wrong values. Their sum over
        the columns is the negative likelihood ratio of samples in which one value, of any column,
        is wrong. If the model is right, no other score finds more of them at the same rate of false
        alarms [1]_.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Samples. Missing values are encoded as NaN.

        Returns
        -------
        Bunch
            `contribution` and `expected`, with the shape of X. The contribution of a missing value
            is zero. `expected` are the means of numbers and the most probable categories, given the
            other values. Both are frames if X is a frame, with its columns.

        References
        ----------
        .. [1] J. Neyman and E. S. Pearson, "On the Problem of the Most Efficient Tests of
           Statistical Hypotheses", Philosophical Transactions of the Royal Society A 231, 1933.
        """
        given, cells = self._levels_of(X, restores=True)
        levels = self._order.levels_for(self._levels, cells.shape[1])
        ratio, expected = np.zeros((2, *cells.shape))
        for column, found in self._order.conditionals(self._model, cells, levels.n_levels):
            known = ~np.isnan(cells[:, column])
            own = cells[known, column].astype(np.intp)
            wrong = levels.wrong_values(column, self._frequencies_of(column, found.shape[1]))
            ratio[known, column] = wrong[own] / np.maximum(found[known, own], _LOWEST)
            expected[:, column] = levels.expect(column, found)
        n_known = np.maximum((~np.isnan(cells)).sum(axis=1, keepdims=True), 1)
        expected = self._without_empty(expected).astype(given.dtype)
        return self._explanation(-ratio / n_known, expected, X)

    def _frequencies_of(self, column, n_levels):
        """Return the frequencies of the first levels of a column."""
        layout = self._layout
        first = layout.first_inputs[column if column < layout.n_columns else 0]
        return self.center_[first : first + n_levels]

    @tensors_like_input
    def score_samples(self, X):
        r"""Return the log-likelihood of each sample, in nats.

        .. math:: \sum_j \log p(x_j \mid x_1, \ldots, x_{j-1})

        over the known values, in the order in which they are drawn. The probability of a value
        within an interval is divided by the width of the interval, in the units of X. The density
        decreases exponentially beyond the smallest and the largest interval: of these, the part
        1 / (n + 1) is that of the tail, for n training samples in the interval, and the mean
        distance in the tail is the width of the interval. If all values of a column have levels of
        their own (`max_levels`), any other number is counted as the nearest one.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features), list of str or str
            Samples. Missing values are encoded as NaN.

        Returns
        -------
        ndarray of shape (n_samples,)
            Log-likelihoods.
        """
        given, cells = self._levels_of(X)
        found = self._order.log_likelihoods(self._model, cells)
        levels = self._order.levels_for(self._levels, cells.shape[1])
        return (found + levels.log_densities(cells, given)).sum(axis=1)

    @available_if(_is_sequential)
    @tensors_like_input
    def predict_proba(self, X):
        """Return the probabilities of the value that follows each sequence.

        Parameters
        ----------
        X : list of str, str, or array-like of shape (n_samples, n_positions)
            Sequences, without their ends.

        Returns
        -------
        ndarray of shape (n_samples, n_levels)
            Probabilities of the symbols in the order of `symbols_`; of an array, of the levels.
        """
        check_is_fitted(self)
        if self._columns is None:
            return np.exp(last_log_probabilities(self._model, self._levels_of(X)[1]))
        self._columns.check(self, X, reset=False)
        cells, lengths = self._columns.beginnings(X), self._columns.lengths(X)
        return np.exp(last_log_probabilities(self._model, cells, lengths))

    @available_if(_is_sequential)
    @tensors_like_input
    def bits_per_symbol(self, X):
        r"""Return the mean negative log-likelihood of all values of X, in bits.

        .. math:: -\frac{1}{N \log 2} \sum_{i, t} \log p(x_{it} \mid x_{i1}, \ldots, x_{i, t - 1})

        Parameters
        ----------
        X : list of str, str, or array-like of shape (n_samples, n_positions)
            Sequences.

        Returns
        -------
        float
            The mean over the :math:`N` known values, which include the ends of texts.
        """
        n_known = np.count_nonzero(~np.isnan(self._levels_of(X)[1]))
        return float(-self.score_samples(X).sum() / (n_known * np.log(2)))

    @property
    def symbols_(self):
        """The characters of the texts of the fit; the end of a text, if any, is ""."""
        columns = self._columns
        if not self._is_of_texts:
            raise AttributeError("symbols_ exists after a fit to texts only.")
        return np.array([*columns.symbols, *([""] if columns.has_end else [])])

    @tensors_like_input
    def score(self, X, y=None, sample_weight=None):
        """Return the mean log-likelihood of the samples, in nats.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features), list of str or str
            Samples. Missing values are encoded as NaN.

        y : Ignored
            Present for API consistency.

        sample_weight : array-like of shape (n_samples,), default=None
            Sample weights.

        Returns
        -------
        float
            The mean of `score_samples`.
        """
        scores = self.score_samples(X)
        weight = None if sample_weight is None else check_weight(sample_weight, scores[:, None])
        return float(np.average(scores, weights=weight))

    def _encoded(self, samples, missing):
        """Return the levels of samples."""
        levels = self._order.levels_for(self._levels, samples.shape[1]).encode(samples, missing)
        return levels.astype(samples.dtype, copy=False) if self._order.is_causal else levels

    def _levels_of(self, X, missing=False, restores=False):
        """Return samples as an array of cells, and the levels of the cells in the same type."""
        given, samples = check_samples_as_given(self, X, restores=restores)
        levels = self._encoded(samples, missing)
        return given, levels.astype(given.dtype, copy=False)

    def _drawn(self, cells, rng, missing=False, n_positions=0, reshape=None):
        """Return cells whose unknown levels are drawn, as numbers and categories."""
        reshape = Sharpening() if reshape is None else reshape

        def choose(log_probabilities):
            return draw_levels(reshape(log_probabilities), rng.random_sample)

        found = self._order.draw(self, cells, choose, n_positions, missing)
        return self._order.levels_for(self._levels, found.shape[1]).draw(found, rng)

    def _filled(self, cells, X, given):
        """Return the samples X with missing values replaced by those of cells."""
        return self._as_given(self._without_empty(cells).astype(given.dtype), X, given)


def _checked_sharpening(temperature, top_k, top_p):
    """Return how probabilities are changed before drawing, or raise ValueError."""
    if np.isnan([value for value in (temperature, top_p) if isinstance(value, Real)]).any():
        raise ValueError(
            f"temperature and top_p must not be NaN; got temperature={temperature!r} and "
            f"top_p={top_p!r}."
        )
    check_scalar(temperature, "temperature", Real, min_val=0, include_boundaries="neither")
    if top_k is not None:
        check_scalar(top_k, "top_k", Integral, min_val=1)
    if top_p is not None:
        check_scalar(top_p, "top_p", Real, min_val=0, max_val=1, include_boundaries="right")
    return Sharpening(temperature, top_k, top_p)
