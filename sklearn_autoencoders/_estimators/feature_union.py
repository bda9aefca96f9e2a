"""Codes beside the columns that they were made of."""

from __future__ import annotations

from contextlib import contextmanager
from numbers import Integral
from typing import ClassVar

import numpy as np
from sklearn.base import BaseEstimator, clone
from sklearn.frozen import FrozenEstimator
from sklearn.pipeline import FeatureUnion
from sklearn.preprocessing import StandardScaler
from sklearn.utils import Bunch, get_tags
from sklearn.utils.metadata_routing import UNUSED
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import check_is_fitted

from .._utils.random import draw_seed, own_random_state
from .._utils.sklearn_compat import Documented, StrOptions, fit_context
from .cross_fitting import cross_fitted, dense, partition
from .transformer import AutoencoderTransformer

# Name of the columns themselves among the parts.
_RAW = "raw"


def _can_go_back(union):
    """Whether the columns are part of the output, or can be decoded from it."""
    return union.passthrough is not False or (
        len(union.transformer_list) == 1
        and hasattr(union.transformer_list[0][1], "inverse_transform")
    )


class AutoencoderFeatureUnion(Documented, FeatureUnion):
    r"""Codes beside the columns that they were made of.

    A :class:`sklearn.pipeline.FeatureUnion` of the columns, under the name "raw", and of one or
    more encoders. Unlike there, the encoders that are given are left as they are, and copies of
    them are fitted.

    Each encoder minimises its own loss, by default the squared error of
    :class:`AutoencoderTransformer`; a row :math:`x` becomes :math:`(x, e_1(x), e_2(x), \ldots)`.

    Parameters
    ----------
    encoders : estimator, list of (str, estimator) pairs or None, default=None
        Transformers of the rows. A single one is called "codes", and its parameters
        `encoders__<parameter>`; those of a list are `<name>__<parameter>`. None is an
        :class:`AutoencoderTransformer`. One that is fitted already stays so inside
        :class:`sklearn.frozen.FrozenEstimator`.

    passthrough : bool or "scaled", default=True
        Whether the columns come first, as they are or standardised.

    cross_fit : int, cross-validation generator, iterable or None, default=None
        How :meth:`fit_transform` makes codes for the rows that it is fitted to. None has the fitted
        encoders do it, which know these rows better than others. A number of folds, drawn at
        random, or what else scikit-learn takes as `cv`, has encoders do it that were fitted
        without them; their codes are brought near those of the final encoders by linear maps. What
        stands behind in a pipeline then learns from codes like those that it is going to see. Every
        row has to be left out once.

    n_jobs : int or None, default=None
        Number of encoders that are fitted at the same time, as in scikit-learn.

    transformer_weights : dict or None, default=None
        Factors of the parts' columns, by names.

    verbose : bool, default=False
        Whether to print the time that each part takes.

    verbose_feature_names_out : bool, default=True
        Whether the names of the columns begin with those of the parts.

    random_state : int, RandomState instance or None, default=None
        Seeds encoders whose own `random_state` is None, and draws the folds.

    Attributes
    ----------
    transformer_list_ : list of (str, estimator) pairs
        The fitted parts.

    n_features_in_ : int
        Number of columns seen during fit.

    feature_names_in_ : ndarray of shape (n_features_in_,)
        Names of the columns, if all are strings.

    See Also
    --------
    AutoencoderTransformer : The codes alone.
    AutoencoderClassifier : A classifier on codes that it fine-tunes.

    Notes
    -----
    Images, for a convolutional encoder, are given as rows, or without `passthrough`.

    Encoders that look at y, such as :class:`AutoencoderClassifier`, need `cross_fit`: codes of rows
    whose labels they know say more of these labels than those of new rows ever do.

    References
    ----------
    .. [1] V. Chernozhukov et al., "Double/debiased machine learning for treatment and structural
       parameters", The Econometrics Journal 21, 2018.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.linear_model import LogisticRegression
    >>> from sklearn.pipeline import make_pipeline
    >>> from sklearn_autoencoders import AutoencoderFeatureUnion
    >>> X, y = load_iris(return_X_y=True)
    >>> union = AutoencoderFeatureUnion(random_state=0)
    >>> union.fit_transform(X).shape
    (150, 6)
    >>> model = make_pipeline(union, LogisticRegression(max_iter=1000)).fit(X, y)
    """

    _parameter_constraints: ClassVar[dict] = {
        "encoders": [list, tuple, BaseEstimator, None],
        "passthrough": ["boolean", StrOptions({"scaled"})],
        "cross_fit": ["cv_object"],
        "n_jobs": [Integral, None],
        "transformer_weights": [dict, None],
        "verbose": ["verbose"],
        "verbose_feature_names_out": ["boolean"],
        "random_state": ["random_state"],
    }

    def __init__(
        self,
        encoders=None,
        *,
        passthrough=True,
        cross_fit=None,
        n_jobs=None,
        transformer_weights=None,
        verbose=False,
        verbose_feature_names_out=True,
        random_state=None,
    ):
        self.encoders = encoders
        self.passthrough = passthrough
        self.cross_fit = cross_fit
        self.n_jobs = n_jobs
        self.transformer_weights = transformer_weights
        self.verbose = verbose
        self.verbose_feature_names_out = verbose_feature_names_out
        self.random_state = random_state

    @fit_context(prefer_skip_nested_validation=False)
    def fit(self, X, y=None, **params):
        """Fit copies of all encoders.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Training rows.

        y : array-like of shape (n_samples,), default=None
            For encoders that look at it.

        **params : dict
            For the `fit` of the encoders, such as `sample_weight`; with metadata routing enabled,
            for those that request it.

        Returns
        -------
        self : object
            The fitted union.
        """
        with self._anew():
            super().fit(_rows(X), y, **params)
        return self

    @fit_context(prefer_skip_nested_validation=False)
    def fit_transform(self, X, y=None, **params):
        """Fit copies of all encoders and return the columns and codes of the rows.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Training rows.

        y : array-like of shape (n_samples,), default=None
            For encoders that look at it.

        **params : dict
            As for `fit`.

        Returns
        -------
        ndarray or DataFrame of shape (n_samples, n_features_out)
            The codes of encoders that have not seen the row, if `cross_fit`.
        """
        X = _rows(X)
        with self._anew():
            if self.cross_fit is None:
                return super().fit_transform(X, y, **params)
            seed = draw_seed(own_random_state(self.random_state))
            folds = partition(self.cross_fit, X, y, seed)
            super().fit(X, y, **params)
            return self._cross_fitted(X, y, params, folds)

    def transform(self, X, **params):
        """Return the columns and the codes of rows.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Rows.

        **params : dict
            For the `transform` of the encoders, if metadata routing is enabled.

        Returns
        -------
        ndarray or DataFrame of shape (n_samples, n_features_out)
            In the order of `transformer_list_`.
        """
        check_is_fitted(self)
        return super().transform(_rows(X), **params)

    @available_if(_can_go_back)
    def inverse_transform(self, X):
        """Return the rows that an output belongs to: their columns or, without, what codes say.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features_out)
            What `transform` returned.

        Returns
        -------
        ndarray of shape (n_samples, n_features_in_)
            The rows, in their own units.
        """
        check_is_fitted(self)
        (name, part), *_ = self.transformer_list
        own = np.asarray(X) / (self.transformer_weights or {}).get(name, 1.0)
        if name == _RAW:
            own = own[:, : self.n_features_in_]
        return part.inverse_transform(own)

    def set_output(self, *, transform=None):
        """Say what `transform` and `fit_transform` return.

        Parameters
        ----------
        transform : {"default", "pandas", "polars"} or None, default=None
            The container; None leaves it as it is.

        Returns
        -------
        self : object
            The union.
        """
        return super(FeatureUnion, self).set_output(transform=transform)

    def get_params(self, deep=True):
        """Return the parameters, with those of the encoders under `<name>__<parameter>`.

        Parameters
        ----------
        deep : bool, default=True
            Whether to include the encoders'.

        Returns
        -------
        dict
            Values by name.
        """
        return self._get_params("encoders", deep=deep)

    def set_params(self, **kwargs):
        """Set parameters, of encoders too.

        Parameters
        ----------
        **kwargs : dict
            Values by name.

        Returns
        -------
        self : object
            The union.
        """
        self._set_params("encoders", **kwargs)
        return self

    @property
    def transformer_list(self):
        """The parts: fitted ones after a fit."""
        return self.__dict__.get("transformer_list_") or self._parts()

    @transformer_list.setter
    def transformer_list(self, parts):
        self.transformer_list_ = parts

    def __sklearn_is_fitted__(self):
        """Return whether there are fitted parts."""
        return hasattr(self, "transformer_list_")

    def __sklearn_tags__(self):
        """Declare that NaN is allowed if every encoder takes it."""
        tags = super().__sklearn_tags__()
        encoders = [part for _, part in self._encoders() if not isinstance(part, str)]
        tags.input_tags.allow_nan = all(get_tags(part).input_tags.allow_nan for part in encoders)
        return tags

    # ------------------------------------------------------------------------------ parts

    def _encoders(self):
        encoders = AutoencoderTransformer() if self.encoders is None else self.encoders
        return list(encoders) if isinstance(encoders, list | tuple) else [("codes", encoders)]

    def _check_encoders(self):
        for pair in self._encoders():
            is_pair = isinstance(pair, list | tuple) and len(pair) == 2
            if not is_pair or not isinstance(pair[0], str) or pair[0] == _RAW:
                raise ValueError(
                    "encoders must be an estimator, or a list of (name, estimator) pairs whose "
                    f"names are not {_RAW!r}, the name of the columns; got {pair!r} among them."
                )

    def _parts(self):
        first = {True: "passthrough", False: None}.get(self.passthrough, _Scaler())
        return ([] if first is None else [(_RAW, first)]) + self._encoders()

    @contextmanager
    def _anew(self):
        """Replace the fitted parts by unfitted copies; put them back if the block fails."""
        before = self.__dict__.get("transformer_list_")
        self._check_encoders()
        try:
            self.transformer_list = [
                (name, clone(part, safe=False)) for name, part in self._parts()
            ]
            self._seed(own_random_state(self.random_state))
            yield
        except GeneratorExit:  # as in Fitting
            raise
        except BaseException:
            self.__dict__.pop("transformer_list_", None)
            if before is not None:
                self.transformer_list = before
            raise

    def _seed(self, rng):
        for _, part in self.transformer_list:
            params = part.get_params() if hasattr(part, "get_params") else {}
            for name in sorted(params):
                if name.rpartition("__")[2] == "random_state" and params[name] is None:
                    part.set_params(**{name: draw_seed(rng)})

    def _parallel_func(self, X, y, func, routed_params):
        if _RAW in routed_params:  # columns have no use for sample weights
            routed_params = Bunch(**{**routed_params, _RAW: Bunch(fit={}, fit_transform={})})
        return super()._parallel_func(X, y, func, routed_params)

    def _codes_alone(self):
        """Return an unfitted union of the encoders as they were before the fit."""
        parts = [(name, clone(part, safe=False)) for name, part in self.transformer_list]
        parts = [(name, part) for name, part in parts if name != _RAW and part != "drop"]
        weights = {
            name: factor
            for name, factor in (self.transformer_weights or {}).items()
            if name in dict(parts)
        }
        return AutoencoderFeatureUnion(
            parts, passthrough=False, transformer_weights=weights, n_jobs=self.n_jobs
        )

    def _cross_fitted(self, X, y, params, folds):
        """Return the columns of the rows, and codes of encoders that were fitted without them."""
        output = np.array(dense(super().transform(X)), dtype=np.float64)
        encoders = self._codes_alone()
        if not all(isinstance(part, FrozenEstimator) for _, part in encoders.encoders):
            first = self.n_features_in_ if self.passthrough is not False else 0
            output[:, first:] = cross_fitted(encoders, X, y, params, folds, output[:, first:])
        return output


class _Scaler(StandardScaler):
    """A scaler that asks for no weights when metadata are routed."""

    # scikit-learn reads a plain dict from the class
    __metadata_request__fit = {"sample_weight": UNUSED}  # noqa: RUF012


def _rows(X):
    """Return what has a shape as it is, and anything else as an array."""
    return X if hasattr(X, "shape") else np.asarray(X)
