"""Prediction of missing categories by an average of models."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from .._data.statistics.gaussian import Gaussian
from .._inference.category_shares import category_shares

# Number of samples as which conditional means, and frequencies, count beforehand in the average.
_N_PRIOR = 200


class MissingCategoriesMixin:
    """Averages predictions of missing categories, with weights that are learned after training.

    They are those of the network, conditional means, and frequencies.
    """

    # The weights of conditional means and of frequencies. None in files of earlier versions, in
    # which conditional means count as a number of samples.
    _category_shares, _n_expected = None, 0

    @property
    def _model(self):
        return replace(super()._model, category_shares=self._shares)

    @property
    def _shares(self):
        """The weights, of shape (2, n_columns), if the fit has a normal distribution of inputs."""
        if self._category_shares is not None or not (self._n_expected and self._imputes):
            return self._category_shares
        share = self._n_expected / (self._n_expected + self.n_samples_seen_)
        return np.outer([share, 0.0], np.array(self._layout.n_categories) > 0)

    @property
    def _imputes(self):
        """Whether the samples of the fit have missing values or categories."""
        return isinstance(self._input_model, Gaussian)

    def _post_fit_attributes(self, network, data):
        found = super()._post_fit_attributes(network, data) | {"_category_shares": None}
        if self._imputes and self._has_categories:
            model = replace(super()._model, network=network)
            shares = category_shares(model, data, self.n_samples_seen_, _N_PRIOR)
            found["_category_shares"] = shares
        return found
