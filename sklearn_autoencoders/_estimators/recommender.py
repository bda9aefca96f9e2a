"""Recommendation of items from ratings or clicks."""

from __future__ import annotations

from dataclasses import replace
from importlib import import_module
from numbers import Integral, Real
from typing import ClassVar

import numpy as np
import torch
from scipy import sparse
from sklearn.base import ClassNamePrefixFeaturesOutMixin, TransformerMixin
from sklearn.utils.validation import check_is_fitted

from .._data.recommendation.biases import item_biases
from .._data.recommendation.interactions import InteractionRows
from .._data.recommendation.linear_prediction import LINEAR
from .._data.recommendation.ratings import as_clicks, check_range, ratings_of, warn_of_zeros
from .._data.sources.ranges import find_ranges
from .._data.value_checks import check_output
from .._inference.run import encode
from .._training.auto_training import AutoTraining
from .._training.initialization import initialize
from .._training.parameters import training_dtype
from .._utils.sklearn_compat import (
    Hidden,
    Interval,
    Pair,
    Sizes,
    StrOptions,
    fit_context,
    output_container,
    with_callbacks,
)
from .._utils.tensors import tensors_like_input
from ..networks import Interactions
from ..objectives._losses import FEEDBACK
from .base import BaseNetworkEstimator
from .recommender_features import Described, FeaturesMixin
from .recommender_mixin import RecommenderMixin
from .recommender_share import Shares, shares_of_linear, weight_of_all

# By the kind of feedback.
_AUTO_TRAINING = {
    "explicit": AutoTraining(400, 60),
    "implicit": AutoTraining(1500, 200, 20),
}

# weight_decay="auto" and learning_rate="auto", for at least this number of components. Weights of
# fewer components must be larger for the same predictions.
_AUTO_DECAY, _AUTO_RATE, _MANY = {"explicit": 100.0, "implicit": 3.0}, 1e-3, 200


class AutoencoderRecommender(
    RecommenderMixin,
    FeaturesMixin,
    ClassNamePrefixFeaturesOutMixin,
    TransformerMixin,
    BaseNetworkEstimator,
):
    r"""Recommendation of items by an autoencoder of the ratings or clicks of users.

    Users are samples and items are features. In every training step, the network receives a random
    part of the interactions of a user and predicts all of them. Its output is added to a linear
    prediction from the other items of the user. Users that were not in `fit` require no further
    parameters: their interactions are the input.

    **Ratings** (`feedback="explicit"`). The network minimizes the squared error of the known
    ratings :math:`r_{ui}` after the mean :math:`\mu` and shrunken biases of users and items have
    been subtracted [1]_,

    .. math:: \sum_{(u, i) \text{ known}} (r_{ui} - \mu - b_u - b_i - \sigma \hat y_{ui})^2,
        \quad b_i = \frac{\sum_u (r_{ui} - \mu - b_u)}{n_i + \lambda_i}.

    The linear prediction is a weighted mean of two predictions of the residuals
    :math:`r_{ui} - \mu - b_u - b_i`: the mean of the user's residuals for the 100 most similar
    items, weighted by similarities, and a factorization into products :math:`v_i^\top z_u` of at
    most 12 factors [4]_. The latter is probabilistic PCA with missing values: the factors of a user
    are their posterior mean given its ratings, and the number of factors and the regularization
    follow from the data. It is best for few ratings of each user.

    **Clicks** (`feedback="implicit"`). The network maximizes the multinomial likelihood of the
    clicks of a user [2]_, :math:`\sum_i x_{ui} \log \operatorname{softmax}(\hat y_u)_i`. The linear
    prediction is a ridge regression on the clicks on all other items [3]_. For more than 4096
    users, it is restricted to leading principal components, to save memory.

    **Features.** The features :math:`f_u` of users and :math:`g_i` of items in `fit` add
    :math:`f_u^\top a_i + g_i^\top c_u` to the predicted ratings: ridge regressions of the residuals
    of the ratings of an item and of a user. Biases are then shrunk towards a prediction from the
    features, instead of zero, so that predictions for users and items without ratings differ. For
    clicks, the features of a user predict clicks, which are added with the weight
    :math:`1 / (1 + n_u)` for a user with :math:`n_u` clicks. A feature of items takes part in the
    regression like a user who has clicked on all items that have it.

    Parameters
    ----------
    n_components : int, default=200
        Size of the code of a user and of the embedding of an item in the network. The factorization
        has its own number of factors.

    feedback : {"explicit", "implicit"}, default="explicit"
        Whether interactions are ratings, which are missing if they are not stored, or clicks, which
        are then zero. Any positive value is one click.

    rating_range : (float, float) or None, default=None
        Lowest and highest possible rating, to which predictions are clipped. Ratings outside are an
        error. None for those of `fit`. It is not used for clicks.

    user_shrinkage : float, default=5.0
        Number of ratings :math:`\lambda` equal to the mean that are added in the estimate of the
        bias of a user, so that users with few ratings have small biases.

    item_shrinkage : float, default=3.0
        The same for the biases of items.

    masking_rate : float, default=0.5
        Fraction of the interactions that are hidden from the network in a training step.

    linear_share : "auto" or float, default="auto"
        Factor of the linear prediction, in [0, 1]; that of the network's output is one minus it.
        "auto" is the best one for a tenth of the ratings, by a fit without these, of at most 4096
        users: it doubles the time of the fit. It is 0.75 for fewer than 200 ratings and in
        `partial_fit`, and 0.98 for clicks, whose logits have a larger scale. `factor_share_` is
        chosen in the same way, also for a given share. 0 leaves the linear prediction out.

    hidden_layer_sizes : int or sequence of int, default=()
        Number of units in each hidden layer between the interactions and the code.

    activation : str, default="tanh"
        Activation function of the hidden layers and of the code: "elu", "gelu", "identity",
        "leaky_relu", "logistic", "relu", "selu", "silu", "softplus" or "tanh".

    solver : {"adam", "sgd"}, default="adam"
        Optimizer. "sgd" uses Nesterov momentum of 0.9.

    schedule : {"one_cycle", "constant"}, default="one_cycle"
        Learning rate schedule. "one_cycle" increases the learning rate to `learning_rate` and then
        decreases it to zero over `max_epochs`; "constant" keeps it fixed.

    learning_rate : "auto" or float, default="auto"
        Maximum learning rate of the schedule. "auto" is 1e-3, times the root of 200 divided by
        `n_components` if there are fewer than 200.

    weight_decay : "auto" or float, default="auto"
        Weights are decreased in each training step by their product with the learning rate and
        `weight_decay` divided by the square root of the number of users. "auto" is 100 for ratings
        and 3 for clicks, times the root of `n_components` divided by 200 if there are fewer.

    batch_size : "auto" or int, default="auto"
        Number of samples per batch. "auto" uses all samples in one batch if there are at most 64;
        otherwise it is about a fortieth of the number of samples, a power of two between 32 and
        256.

    max_epochs : "auto" or int, default="auto"
        Number of passes over the users. "auto" is the number for about 400 steps of ratings,
        between 10 and 60, or 1500 steps of clicks, between 20 and 200.

    warm_start : bool, default=False
        Whether `fit` continues training with the weights and the scaling of the previous `fit`.

    device : str, default="auto"
        Device used for training: "cpu", "cuda", "cuda:1", and so on. "auto" uses a GPU if one is
        available.

    dtype : {"auto", "float32", "float64"}, type or numpy.dtype, default="auto"
        Floating-point type used for training. "auto" is float64 for up to 64 samples with up to
        1024 features, and float32 for more. Independently of this parameter, float64 samples are
        transformed in float64 and float32 samples in float32.

    random_state : int, RandomState instance or None, default=None
        Determines the initial weights, the order of the samples, dropout, corruptions and the
        validation samples. No global random generator is read or modified. None uses fresh entropy
        for each fit.

    verbose : int, default=0
        If 1, a line is printed after every epoch.

    callbacks : list of skorch callbacks or None, default=None
        Callbacks of skorch's training loop. For scikit-learn's callbacks, use
        :meth:`set_callbacks`.

    checkpoint : str, path-like or None, default=None
        Folder in which a fit saves the state that is needed to resume it. If the process is
        interrupted, the next fit of an estimator with the same parameters to the same data resumes
        after the last saved epoch. Its result is bitwise identical to that of an uninterrupted fit;
        callbacks are only called for the remaining epochs. Files are written atomically, in at most
        about 5 % of the training time, and are removed at the end of the fit. The fits of a
        parameter search can share a folder. Requires `random_state` to be set. User-defined
        functions and classes are identified by name only: empty the folder after changing one.

    Attributes
    ----------
    users_, items_ : ndarray
        The users and the items of `fit`, in the order of rows and columns: identifiers of a table,
        or positions.

    item_embeddings_ : ndarray of shape (n_items, n_embedding)
        Weights of the last layer for each item.

    mean_ : float
        Mean rating; 0 for clicks.

    user_biases_, item_biases_ : ndarray
        What users and items add to the mean rating; zeros for clicks.

    rating_scale_ : float
        Standard deviation of the ratings without mean and biases; 1 for clicks.

    linear_share_ : float
        The factor of the linear prediction.

    factor_share_ : float
        The part of the factorization in the linear prediction of ratings, in [0, 1]; the rest is
        that of similar items. 0 for clicks and without a linear prediction.

    n_components_ : int
        Latent dimension.

    network_ : torch.nn.Module
        The trained network. It operates on scaled samples; `network_.encoder` and
        `network_.decoder` are its two parts.

    center_ : ndarray of shape (n_inputs,)
        Zeros: the biases take the place of the feature means.

    scale_ : ndarray of shape (n_inputs,)
        Ones.

    loss_curve_ : list of float
        Mean objective of every epoch on the scaled training data. It includes dropout, corruption
        and penalties, and is averaged while the weights are being updated.

    n_epochs_ : int
        Number of completed epochs.

    n_samples_seen_ : float
        Number of samples, or their total weight if that is larger, used by `fit` or by all calls of
        `partial_fit`.

    n_features_in_ : int
        Number of items.

    See Also
    --------
    AutoencoderTransformer : Codes of samples whose values are known or missing at random.

    Notes
    -----
    Unlike other estimators, it keeps the training data, from which the predictions for the users of
    `fit` are computed.

    References
    ----------
    .. [1] Y. Koren, "Factorization Meets the Neighborhood", KDD 2008.

    .. [2] D. Liang, R. G. Krishnan, M. D. Hoffman and T. Jebara, "Variational Autoencoders for
       Collaborative Filtering", WWW 2018.

    .. [3] H. Steck, "Embarrassingly Shallow Autoencoders for Sparse Data", WWW 2019.

    .. [4] Y. J. Lim and Y. W. Teh, "Variational Bayesian Approach to Movie Rating Prediction", KDD
       Cup and Workshop 2007.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_autoencoders import AutoencoderRecommender
    >>> R = np.array([[5, 4, np.nan, 1], [4, np.nan, 5, 1], [1, np.nan, 2, 5], [np.nan, 1, 1, 4.0]])
    >>> model = AutoencoderRecommender(8, random_state=0).fit(R)
    >>> items, scores = model.recommend([0], n=1)
    >>> items
    array([[2]])
    >>> model.predict([[0, 2], [2, 1]]).shape
    (2,)

    Users without ratings are known by their features:

    >>> groups = np.array([["a"], ["a"], ["b"], ["b"]], dtype=object)
    >>> model = AutoencoderRecommender(8, random_state=0).fit(R, user_features=groups)
    >>> items, scores = model.recommend(None, n=1, user_features=[["a"], ["b"]])
    >>> items.shape
    (2, 1)
    """

    _loss_parameter = "feedback"
    _losses: ClassVar[dict] = FEEDBACK
    _accepts_sparse = True
    init = "random"
    network = None
    corruption = None
    penalty = None
    early_stopping = False
    validation_fraction = 0.1
    n_iter_no_change = 10
    tol = 0.0
    scaling = None
    # The part of the factorization in the linear prediction; in files of earlier versions, none.
    _factor_share = 0.0

    _shaping_parameters: ClassVar[frozenset] = frozenset(
        {
            "activation",
            "feedback",
            "hidden_layer_sizes",
            "item_shrinkage",
            "linear_share",
            "masking_rate",
            "n_components",
            "user_shrinkage",
        }
    )

    _parameter_constraints: ClassVar[dict] = {
        "n_components": [Interval(Integral, 1, None, closed="left")],
        "feedback": [StrOptions(set(FEEDBACK))],
        "rating_range": [Pair(Real, None, None, closed="neither"), None],
        "user_shrinkage": [Interval(Real, 0, None, closed="left")],
        "item_shrinkage": [Interval(Real, 0, None, closed="left")],
        "masking_rate": [Interval(Real, 0, 1, closed="left")],
        "linear_share": [StrOptions({"auto"}), Interval(Real, 0, 1, closed="both"), Hidden(Shares)],
        "hidden_layer_sizes": [Sizes(), Interval(Integral, 1, None, closed="left")],
        "learning_rate": [StrOptions({"auto"}), Interval(Real, 0, None, closed="neither")],
        "weight_decay": [StrOptions({"auto"}), Interval(Real, 0, None, closed="left")],
    }

    def __init__(
        self,
        n_components=200,
        *,
        feedback="explicit",
        rating_range=None,
        user_shrinkage=5.0,
        item_shrinkage=3.0,
        masking_rate=0.5,
        linear_share="auto",
        hidden_layer_sizes=(),
        activation="tanh",
        solver="adam",
        schedule="one_cycle",
        learning_rate="auto",
        weight_decay="auto",
        batch_size="auto",
        max_epochs="auto",
        warm_start=False,
        device="auto",
        dtype="auto",
        random_state=None,
        verbose=0,
        callbacks=None,
        checkpoint=None,
    ):
        self.n_components = n_components
        self.feedback = feedback
        self.rating_range = rating_range
        self.user_shrinkage = user_shrinkage
        self.item_shrinkage = item_shrinkage
        self.masking_rate = masking_rate
        self.linear_share = linear_share
        self.hidden_layer_sizes = hidden_layer_sizes
        self.activation = activation
        self.solver = solver
        self.schedule = schedule
        self.learning_rate = learning_rate
        self.weight_decay = weight_decay
        self.batch_size = batch_size
        self.max_epochs = max_epochs
        self.warm_start = warm_start
        self.device = device
        self.dtype = dtype
        self.random_state = random_state
        self.verbose = verbose
        self.callbacks = callbacks
        self.checkpoint = checkpoint

    @with_callbacks
    @fit_context(prefer_skip_nested_validation=True)
    def fit(self, X, y=None, sample_weight=None, *, user_features=None, item_features=None):
        """Fit the recommender to ratings or clicks.

        Parameters
        ----------
        X : {sparse matrix, array-like} of shape (n_users, n_items), or frame of three columns
            The ratings: stored values of a sparse matrix, values of an array that are not NaN, or
            triples of a user, an item and a rating: in this order, unless a word in the name of a
            column begins with "user", "item", "rating", "stars" or "score", as in "movie_id,
            userId, stars". Clicks can be pairs, without a rating.

        y : Ignored
            Present for API consistency.

        sample_weight : array-like of shape (n_users,), default=None
            Non-negative weights of the users, in the order of `users_`.

        user_features : frame or array-like of shape (n_users, n_features), default=None
            Numbers and categories that describe the users; NaN or None for missing values. If X is
            a matrix, rows are in its order. If X is a table, it is a frame whose first column
            contains the users; further ones are ignored.

        item_features : frame or array-like of shape (n_items, n_features), default=None
            The same for the items. If X is a table, further items, which have no rating, are added
            to `items_`, except to those of an earlier fit (`warm_start`). With clicks, they are a
            part of the linear prediction, and have no effect if `linear_share` is zero.

        Returns
        -------
        self : object
            The fitted estimator.

        Raises
        ------
        ValueError
            If a pair of a user and an item occurs twice in a table, if there is no rating, if
            ratings are outside `rating_range`, if clicks are negative, or if a user or an item has
            no features. The result of a previous fit is kept.
        """
        return self._fit(Described(X, user_features, item_features), None, sample_weight)

    @with_callbacks
    @fit_context(prefer_skip_nested_validation=True)
    def partial_fit(self, X, y=None, sample_weight=None):
        """Train for one epoch on further users, with a constant learning rate.

        The first call determines the items, the mean and the biases of the items. Users of later
        calls are added to `users_`, or their ratings replaced. No checkpoint is written.

        Parameters
        ----------
        X : {sparse matrix, array-like} of shape (n_users, n_items), or frame of three columns
            The ratings of some users, as in `fit`. Rows of a matrix are new users.

        y : Ignored
            Present for API consistency.

        sample_weight : array-like of shape (n_users,), default=None
            Non-negative weights of the users.

        Returns
        -------
        self : object
            The estimator.

        Raises
        ------
        ValueError
            If ratings are invalid, as in `fit`, if items are new, or if `fit` received features of
            users or items.
        """
        return self._partial_fit(X, None, sample_weight)

    # ------------------------------------------------------------------------------ fit

    @property
    def _auto_training(self):
        return _AUTO_TRAINING[self.feedback]

    @property
    def _weight_decay(self):
        if not isinstance(self.weight_decay, str):
            return self.weight_decay
        return _AUTO_DECAY[self.feedback] * self._root_of_components

    @property
    def _root_of_components(self):
        """The root of the number of components in relation to that of the default, at most one."""
        return min(self.n_components / _MANY, 1.0) ** 0.5

    def _plan(self, data, **overrides):
        rate = self.learning_rate
        if isinstance(rate, str):
            rate = _AUTO_RATE / self._root_of_components
        return super()._plan(data, learning_rate=rate, **overrides)

    @property
    def _own_network(self):
        sizes = tuple(np.atleast_1d(np.asarray(self.hidden_layer_sizes, dtype=int)).tolist())
        return Interactions(sizes, self.activation, self.masking_rate)

    def _as_samples(self, X, reset):
        is_whole = isinstance(X, Described)
        given = X if is_whole else Described(X)
        ratings = self._ratings_of(given.X, None if reset else self.items_)
        if is_whole:
            ratings = self._learn_tables(ratings, given, reset)
        else:
            self._check_no_features()
        self._batch = ratings
        if reset:
            self.items_, self._is_table = ratings.items, ratings.is_table
        if ratings.is_table != self._is_table:
            expected = "table" if self._is_table else "matrix"
            raise ValueError(
                f"X must be a {expected}, as in the first fit, so that users are known."
            )
        return ratings.matrix

    def _ratings_of(self, X, items):
        """Return ratings; of clicks, ones."""
        ratings = ratings_of(X, items, not self._is_explicit)
        if items is not None:
            self._check_has_users(ratings.users)
        if not np.isfinite(ratings.matrix.data).all():
            raise ValueError("X contains infinite ratings. Leave them out.")
        if not self._is_explicit:
            return as_clicks(ratings)
        check_range(ratings, self.rating_range)
        warn_of_zeros(X, ratings)
        return ratings

    def _prepare_data(self, data, y, rng, *, reset, partial):
        matrix = data.X.matrix
        self._scale_features(data, reset)
        features = data.of(self._user_features)
        if reset:
            self._learn_biases(matrix, data.weight, features)
        weight = weight_of_all(data, len(self._batch.users))
        self._remember(vars(self).pop("_batch"), weight, reset or not partial)
        self._share, self._factor_share = shares_of_linear(self, reset, partial, rng)
        self._learn_linear(rng)
        dtype = training_dtype(self, matrix.shape) if reset else self._model.dtype
        unknown = np.nan if self._is_explicit else 0.0
        rows = InteractionRows(self._rest(matrix, features), unstored=unknown).as_type(
            np.float64 if dtype == torch.float64 else np.float32
        )
        return replace(data, X=rows, ranges=find_ranges(rows))

    def _learn_biases(self, matrix, weight, features):
        """Set the mean, the biases of the items and the scale of what they leave."""
        if not matrix.nnz:
            raise ValueError("X contains no rating. Pass known ratings or clicks.")
        n_items = matrix.shape[1]
        self._feedback, self._shrinkage = self.feedback, self.user_shrinkage
        self.mean_, self.item_biases_, self.rating_scale_ = 0.0, np.zeros(n_items), 1.0
        if self._is_explicit:
            shrinkage = self.user_shrinkage, self.item_shrinkage
            self.mean_, _, self.item_biases_ = item_biases(matrix, *shrinkage, weight)
        self._learn_effects(matrix, weight, features)
        if self._is_explicit:
            rest = self._rest(matrix, features).data
            of_entries = None if weight is None else np.repeat(weight, np.diff(matrix.indptr))
            scale = float(np.sqrt(np.average(rest**2, weights=of_entries)))
            self.rating_scale_ = scale if scale > 1e-8 * np.abs(matrix.data).max() else 1.0

    def _remember(self, batch, weight, is_whole):
        """Keep the ratings of the users of a fit, or add those of a batch."""
        users, matrix = batch.users, batch.matrix
        if not is_whole:
            if not batch.is_table:
                users = np.arange(len(users)) + len(self.users_)
            is_old = np.isin(self.users_, users)
            users = np.concatenate([self.users_[~is_old], users])
            matrix = sparse.vstack([self._matrix[~is_old], matrix], format="csr")
            weight = np.concatenate([self._user_weight[~is_old], weight])
        self.users_, self._user_weight = users, weight
        self._known = {name: getattr(matrix, name) for name in ("data", "indices", "indptr")}
        self.user_biases_ = self._biases_of(matrix, self._user_features)

    def _learn_linear(self, rng):
        """Set the linear prediction, which is learned from all users again in `partial_fit`."""
        self._linear = None
        if self._share:
            rest = self._rest(self._matrix, self._user_features)
            parts = self._with_item_features(rest, self._user_weight)
            self._linear = vars(LINEAR[self._feedback].fit(*parts, rng, self._factor_share))

    def _build(self, data, rng):
        return initialize(self, data, rng, scaling=None)

    def _prepare_network(self, network, plan, data):
        """Set whether only known values are predicted; the masking rate does not change."""
        network.decoder.predicts_stored_only = self._is_explicit

    @property
    def linear_share_(self):
        """The factor of the linear prediction."""
        check_is_fitted(self)
        return self._share

    @property
    def factor_share_(self):
        """The part of the factorization in the linear prediction."""
        check_is_fitted(self)
        return self._factor_share

    @property
    def item_embeddings_(self):
        """Weights of the last layer for each item."""
        check_is_fitted(self)
        return self.network_.decoder[-1].weight.detach().cpu().numpy().copy()

    @tensors_like_input
    def transform(self, X, *, user_features=None):
        """Return the codes of users, given their ratings.

        Parameters
        ----------
        X : {sparse matrix, array-like} of shape (n_users, n_items), or frame of three columns
            The ratings, as in `fit`. The users need not have been in `fit`. None for users without
            ratings, who have features only.

        user_features : frame or array-like of shape (n_users, n_features), default=None
            The features of these users, as in `fit`. Without them, their means are taken.

        Returns
        -------
        ndarray of shape (n_users, n_components_)
            The codes, in the order of the rows or in which users first occur. The index of a frame
            (`set_output`) contains the users, if X is a table.
        """
        check_is_fitted(self)
        ratings, features = self._new_users(X, user_features)
        codes = check_output(encode(self._model, self._rows(ratings.matrix, features)))
        if not (ratings.is_table and output_container(self) == "pandas"):
            return codes
        return import_module("pandas").DataFrame(codes, index=ratings.users)

    def __sklearn_tags__(self):
        """Declare that clicks are not negative."""
        tags = super().__sklearn_tags__()
        tags.input_tags.positive_only = self.feedback == "implicit"
        return tags
