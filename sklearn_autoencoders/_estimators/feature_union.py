"""Concatenate the original features and codes of autoencoders."""

from __future__ import annotations

import copy
import math
from numbers import Integral
from typing import ClassVar

from scipy.sparse import issparse
from sklearn import get_config
from sklearn.base import BaseEstimator
from sklearn.pipeline import FeatureUnion
from sklearn.utils import Bunch, get_tags
from sklearn.utils.metadata_routing import MethodMapping, process_routing
from sklearn.utils.metaestimators import available_if
from sklearn.utils.parallel import Parallel, delayed
from sklearn.utils.validation import check_is_fitted

from .._data.containers import samples_in_memory
from .._utils.output import as_numbers
from .._utils.random import draw_seed, set_seeds
from .._utils.ranks import Ranks
from .._utils.sklearn_compat import (
    Documented,
    StrOptions,
    check_feature_names,
    check_nested_params,
    fit_context,
    fit_one,
    stacked_frames,
)
from .._utils.tensors import plain_array, plain_arrays, tensors_like_input
from .cross_fitting import Arguments, check_groups, out_of_fold_output, partition
from .transformer import AutoencoderTransformer
from .union_parts import Scaler, first_columns, is_invertible, unfitted, unweighted

# Name of the original features among the transformers.
_RAW = "raw"
# Name of the splitter in the routing of metadata; encoders cannot have the name of a parameter.
_SPLITTER = "cross_fit"


class AutoencoderFeatureUnion(Documented, FeatureUnion):
    r"""Concatenate the original features and codes of autoencoders.

    This is a :class:`sklearn.pipeline.FeatureUnion` of the original features, under the name "raw",
    and of one or more encoders. Unlike `FeatureUnion`, it fits copies of the encoders and leaves
    the given ones unchanged.

    Each encoder minimizes its own loss, by default the squared error of
    :class:`AutoencoderTransformer`. A sample :math:`x` is transformed to
    :math:`(x, e_1(x), e_2(x), \ldots)`.

    Parameters
    ----------
    encoders : estimator, list of (str, estimator) pairs or None, default=None
        Transformers that encode the samples. A single estimator is named "codes" and its parameters
        are `encoders__<parameter>`; the parameters of estimators in a list are
        `<name>__<parameter>`. None is an :class:`AutoencoderTransformer`. To use an encoder that is
        already fitted, wrap it in :class:`sklearn.frozen.FrozenEstimator`. A classifier or
        regressor has a linear head, unless its head is given, so that its codes depend on y.

    passthrough : bool or "scaled", default=True
        Whether the original features precede the codes, unchanged or ("scaled") standardized. Use
        False if some are categories or dates and the next step reads only numbers.

    cross_fit : int, cross-validation generator, iterable or None, default=None
        Determines how :meth:`fit_transform` computes the codes of the training samples. With None,
        the fitted encoders compute them; these encoders fit the training samples better than new
        ones. With a number of folds, drawn at random, or another value that scikit-learn accepts as
        `cv`, the codes of each fold are computed by encoders that were fitted without it and are
        mapped linearly to the codes of the final encoders. The estimator that follows in a pipeline
        is then trained on codes like those of new samples. Every sample must be held out exactly
        once. Small encoders of several folds are trained at once.

    n_jobs : int or None, default=None
        Number of encoders that are fitted in parallel, as in scikit-learn.

    transformer_weights : dict or None, default=None
        Multiplicative weights of the features of each transformer, by name.

    verbose : bool, default=False
        Whether to print the time elapsed while fitting each transformer.

    verbose_feature_names_out : bool, default=True
        Whether the output feature names are prefixed with the names of the transformers.

    random_state : int, RandomState instance or None, default=None
        Seeds the encoders whose `random_state` is None and determines the random folds.

    Attributes
    ----------
    transformer_list_ : list of (str, estimator) pairs
        The fitted transformers.

    n_features_in_ : int
        Number of features seen during fit.

    feature_names_in_ : ndarray of shape (n_features_in_,)
        Names of the features, if all of them are strings.

    See Also
    --------
    AutoencoderTransformer : The codes without the original features.
    AutoencoderClassifier : A classifier that fine-tunes its encoder.

    Notes
    -----
    For a convolutional encoder, pass images as a two-dimensional array with one sample per row, or
    set `passthrough=False`.

    Supervised encoders, such as :class:`AutoencoderClassifier`, should be used with `cross_fit`.
    Without it, `fit_transform` returns codes of samples whose labels the encoder was trained on.
    These codes reveal the labels: the next estimator of a pipeline relies on them too much, its
    accuracy on the training samples is too high, and it is less accurate on new samples, whose
    codes do not reveal their labels. No warning is issued.

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
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Training samples.

        y : array-like of shape (n_samples,), default=None
            Target for supervised encoders.

        **params : dict
            Parameters of the encoders' `fit`, such as `sample_weight`. With metadata routing
            enabled, they are passed to the encoders that request them. With `cross_fit`, `groups`
            is accepted as by `fit_transform`, but not used.

        Returns
        -------
        self : object
            The fitted union.
        """
        X, union = samples_in_memory(X, self.passthrough), self._unfitted()
        y, params = plain_array(y), plain_arrays(params)
        union._fit_parts(X, y, union._routed("fit", params))
        return self._commit(union)

    @fit_context(prefer_skip_nested_validation=False)
    @tensors_like_input
    def fit_transform(self, X, y=None, **params):
        """Fit copies of all encoders and return the original features and the codes.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Training samples.

        y : array-like of shape (n_samples,), default=None
            Target for supervised encoders.

        **params : dict
            As for `fit`. With `cross_fit`, `groups` of shape (n_samples,) is passed to splitters
            such as `GroupKFold`.

        Returns
        -------
        ndarray or DataFrame of shape (n_samples, n_features_out)
            The features and the codes. With `cross_fit`, the codes of each sample are computed by
            encoders that were fitted without it.
        """
        X, union = samples_in_memory(X, self.passthrough), self._unfitted()
        y, params = plain_array(y), plain_arrays(params)
        if self.cross_fit is None:
            output = super(AutoencoderFeatureUnion, union).fit_transform(X, y, **params)
        else:
            output = union._fit_and_cross_fit(X, y, params)
        self._commit(union)
        return output

    @tensors_like_input
    def transform(self, X, **params):
        """Return the original features and the codes of X.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Samples.

        **params : dict
            Parameters of the encoders' `transform`, if metadata routing is enabled.

        Returns
        -------
        ndarray or DataFrame of shape (n_samples, n_features_out)
            The features and the codes, in the order of `transformer_list_`.
        """
        check_is_fitted(self)
        X = samples_in_memory(X, self.passthrough)
        self._check_features(X)
        return super().transform(X, **params)

    @available_if(is_invertible)
    @tensors_like_input
    def inverse_transform(self, X):
        """Return the original features: those passed through, or otherwise the decoded codes.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features_out)
            Output of `transform`.

        Returns
        -------
        ndarray of shape (n_samples, n_features_in_)
            The samples, in their original units.
        """
        check_is_fitted(self)
        (name, part), *_ = self.transformer_list
        own = unweighted(X, name, self.transformer_weights)
        if name == _RAW:
            own = first_columns(own, self.n_features_in_)
        return part.inverse_transform(own)

    def set_output(self, *, transform=None):
        """Set the output container of `transform` and `fit_transform`.

        Parameters
        ----------
        transform : {"default", "pandas", "polars"} or None, default=None
            The output container. None leaves it unchanged.

        Returns
        -------
        self : object
            The union.
        """
        return super(FeatureUnion, self).set_output(transform=transform)

    def get_params(self, deep=True):
        """Return the parameters, including those of the encoders as `<name>__<parameter>`.

        Parameters
        ----------
        deep : bool, default=True
            Whether to include the parameters of the encoders.

        Returns
        -------
        dict
            Parameter values by name.
        """
        if isinstance(self.encoders, list | tuple):
            return self._get_params("encoders", deep=deep)
        return BaseEstimator.get_params(self, deep=deep)

    def set_params(self, **kwargs):
        """Set parameters of the union and of the encoders.

        If `encoders` is None, `encoders__<parameter>` replaces it by an
        :class:`AutoencoderTransformer`.

        Parameters
        ----------
        **kwargs : dict
            Parameter values by name.

        Returns
        -------
        self : object
            The union.
        """
        prefix = "encoders__"
        nested = {name: value for name, value in kwargs.items() if name.startswith(prefix)}
        if nested and kwargs.get("encoders", self.encoders) is None:
            own = {name.removeprefix(prefix): value for name, value in nested.items()}
            kwargs = {name: value for name, value in kwargs.items() if name not in nested}
            kwargs["encoders"] = AutoencoderTransformer().set_params(**own)
        check_nested_params(self, kwargs)
        self._set_params("encoders", **kwargs)
        return self

    @property
    def transformer_list(self):
        """The transformers; after a fit, the fitted ones."""
        return self.__dict__.get("transformer_list_") or self._parts()

    @transformer_list.setter
    def transformer_list(self, parts):
        self.transformer_list_ = parts

    def __sklearn_is_fitted__(self):
        """Return whether the union has fitted transformers."""
        return hasattr(self, "transformer_list_")

    def __sklearn_tags__(self):
        """Declare what every encoder allows: NaN; and what every part does: sparse matrices."""
        tags = super().__sklearn_tags__()
        encoders, parts = (
            [get_tags(part).input_tags for _, part in own if not isinstance(part, str)]
            for own in (self._encoders(), self.transformer_list)
        )
        tags.input_tags.allow_nan = all(own.allow_nan for own in encoders)
        tags.input_tags.sparse = all(own.sparse for own in parts)  # not of scikit-learn 1.6
        return tags

    @property
    def n_features_in_(self):
        """Number of features seen during fit."""
        return self._first_transformer().n_features_in_

    @property
    def feature_names_in_(self):
        """Names of the features, if all of them are strings."""
        return self._first_transformer().feature_names_in_

    def get_metadata_routing(self):
        """Return the routing of metadata to the encoders and to the splitter `cross_fit`.

        Returns
        -------
        MetadataRouter
            The routing.
        """
        router = super().get_metadata_routing()
        if hasattr(self.cross_fit, "split"):
            mapping = MethodMapping().add(caller="fit", callee="split")
            mapping.add(caller="fit_transform", callee="split")
            router.add(method_mapping=mapping, **{_SPLITTER: self.cross_fit})
        return router

    # ------------------------------------------------------------------------------ parts

    def _encoders(self):
        encoders = AutoencoderTransformer() if self.encoders is None else self.encoders
        return list(encoders) if isinstance(encoders, list | tuple) else [("codes", encoders)]

    def _check_encoders(self):
        encoders = self._encoders()
        for pair in encoders:
            is_pair = isinstance(pair, list | tuple) and len(pair) == 2
            if not is_pair or not isinstance(pair[0], str) or pair[0] == _RAW:
                raise ValueError(
                    "encoders must be an estimator, or a list of (name, estimator) pairs whose "
                    f"names are not {_RAW!r}, the name of the original features; got {pair!r}."
                )
        self._validate_names([name for name, _ in encoders])
        if self.passthrough is False and all(_is(part, "drop") for _, part in encoders):
            raise ValueError(
                f"encoders={self.encoders!r} and passthrough=False leave no features to return. "
                "Give at least one encoder, or use passthrough=True."
            )

    def _parts(self):
        first = {True: "passthrough", False: None}.get(self.passthrough, Scaler())
        return ([] if first is None else [(_RAW, first)]) + self._encoders()

    def _first_transformer(self):
        """Return the first transformer that is not dropped."""
        return next((part for _, part in self.transformer_list if not _is(part, "drop")), None)

    def _check_features(self, X):
        """Raise ValueError if the features of X are not those of the fit."""
        shape = getattr(X, "shape", ())  # a list of series of different lengths has none
        n_features = math.prod(shape[1:])  # images may be flattened or not
        if len(shape) > 1 and n_features != getattr(self, "n_features_in_", n_features):
            raise ValueError(
                f"X has {n_features} features, but {type(self).__name__} is expecting "
                f"{self.n_features_in_} features as input."
            )
        if hasattr(X, "columns") and hasattr(self, "feature_names_in_"):
            check_feature_names(self, X, reset=False)

    def _unfitted(self):
        """Return a shallow copy whose transformers are unfitted copies, with seeds."""
        self._check_encoders()
        union = copy.copy(self)
        union.transformer_list = [(name, unfitted(part)) for name, part in self._parts()]
        set_seeds([part for _, part in union.transformer_list], self.random_state)
        return union

    def _commit(self, union):
        """Take the fitted attributes of a copy, in one assignment."""
        self.__dict__ = vars(union)
        return self

    # ------------------------------------------------------------------- fit, cross-fitting

    def _routed(self, method, params):
        """Return the parameters of the methods of each transformer and of the splitter."""
        check_groups(self, method, params)
        if get_config()["enable_metadata_routing"]:
            return process_routing(self, method, **params)
        has_groups = self.cross_fit is not None and "groups" in params
        own = {name: value for name, value in params.items() if name != "groups" or not has_groups}
        routed = {name: Bunch(fit=own, transform={}) for name, _ in self.transformer_list}
        split = {"groups": params["groups"]} if has_groups else {}
        return Bunch(**routed, **{_SPLITTER: Bunch(split=split)})

    def _parallel_func(self, X, y, func, routed_params):
        routed = {name: routed_params[name] for name, _ in self.transformer_list}
        if _RAW in routed:  # the original features do not use sample weights
            routed[_RAW] = Bunch(fit={}, transform={}, fit_transform={})
        return super()._parallel_func(X, y, func, routed)

    def _hstack(self, Xs):
        frame = stacked_frames(self, Xs) if hasattr(Xs[0], "columns") else None
        stacked = super()._hstack(Xs) if frame is None else frame
        if getattr(getattr(stacked, "dtype", None), "kind", "") != "O":
            return stacked
        return super()._hstack([X if issparse(X) else as_numbers(X) for X in Xs])

    def _fit_parts(self, X, y, routed):
        self._update_transformer_list(self._parallel_func(X, y, fit_one, routed))

    def _fit_and_cross_fit(self, X, y, params):
        """Fit, and return the original features next to out-of-fold codes."""
        routed = self._routed("fit_transform", params)
        seed = draw_seed(Ranks.current().random_state(self.random_state))
        split = routed.get(_SPLITTER, Bunch(split={})).split
        folds = partition(self.cross_fit, X, y, seed, **split)
        self._fit_parts(X, y, routed)
        jobs = (  # the original features are not learned
            (name, part, factor, Arguments(X, y, routed[name]), None if name == _RAW else folds)
            for name, part, factor in self._iter()
        )
        outputs = Parallel(n_jobs=self.n_jobs)(delayed(out_of_fold_output)(*job) for job in jobs)
        if self.passthrough is True and not self.transformer_weights:
            outputs[0] = X  # whose columns have types
        return self._hstack(outputs) if outputs else super().transform(X)


def _is(part, name):
    """Return whether a transformer is the given string."""
    return isinstance(part, str) and part == name
