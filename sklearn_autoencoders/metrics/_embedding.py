"""How well codes preserve the neighbors and the distances of samples."""

from __future__ import annotations

from numbers import Integral

import numpy as np
from sklearn.utils import Bunch, check_array, check_consistent_length, check_scalar

from .._utils.random import own_random_state
from .._utils.tensors import plain_array

# Samples of which all distances are compared: their rank correlation hardly varies with more.
_MAX_DISTANCES = 1000


def embedding_report(X, codes, *, n_neighbors=10, max_samples=3000, random_state=None):
    r"""Measure how well codes preserve the neighbors and the distances of samples.

    Distances are Euclidean: standardize features of different units before. Use samples that the
    embedding was not fitted to.

    Parameters
    ----------
    X : array-like of shape (n_samples, n_features)
        The samples.

    codes : array-like of shape (n_samples, n_components)
        Their codes, for instance from `AutoencoderTransformer.transform`, PCA or t-SNE.

    n_neighbors : int, default=10
        Number :math:`k` of neighbors of a sample, less than half of the samples.

    max_samples : int, default=3000
        Of more samples, this number is drawn at random, because all pairs are compared.

    random_state : int, RandomState instance or None, default=None
        Determines the samples that are drawn. None uses fresh entropy.

    Returns
    -------
    Bunch
        `trustworthiness`: 1 if all neighbors of the codes are neighbors of the samples [1]_:

        .. math:: 1 - \frac{2}{n k (2n - 3k - 1)} \sum_i \sum_{j \in C_i}
            \max(0, r_i(j) - k)

        where :math:`C_i` are the :math:`k` nearest neighbors of the code of sample :math:`i`, and
        sample :math:`j` is its :math:`r_i(j)`-th nearest one by the features.

        `continuity`: the same with samples and codes interchanged: 1 if all neighbors of the
        samples are neighbors of the codes.

        `neighbor_recall`: mean fraction of the :math:`k` nearest neighbors of a sample that are
        among the :math:`k` nearest neighbors of its code.

        `distance_correlation`: Spearman's rank correlation of the distances of all pairs of (at
        most 1 000) samples with those of their codes; NaN if all codes are equal.

    Raises
    ------
    ValueError
        If X and codes do not have the same number of samples, if they contain NaN or infinity, or
        if `n_neighbors` is not less than half of the samples.

    References
    ----------
    .. [1] J. Venna and S. Kaski, "Neighborhood Preservation in Nonlinear Projection Methods: An
       Experimental Study", ICANN 2001.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.decomposition import PCA
    >>> from sklearn_autoencoders.metrics import embedding_report
    >>> X, _ = load_iris(return_X_y=True)
    >>> report = embedding_report(X, PCA(2).fit_transform(X))
    >>> round(report.trustworthiness, 2), round(report.distance_correlation, 2)
    (0.98, 1.0)
    """
    # imported here, because they are slow to import
    from scipy.spatial.distance import pdist
    from scipy.stats import spearmanr
    from sklearn.manifold import trustworthiness

    X, codes = _checked(X, codes, n_neighbors, max_samples, own_random_state(random_state))
    distances = [pdist(values[:_MAX_DISTANCES]) for values in (X, codes)]
    is_defined = all(np.ptp(values) > 0 for values in distances)
    return Bunch(
        trustworthiness=float(trustworthiness(X, codes, n_neighbors=n_neighbors)),
        continuity=float(trustworthiness(codes, X, n_neighbors=n_neighbors)),
        neighbor_recall=_recall(X, codes, n_neighbors),
        distance_correlation=float(spearmanr(*distances).statistic) if is_defined else np.nan,
    )


def _checked(X, codes, n_neighbors, max_samples, rng):
    """Return the samples that are compared, and their codes, in random order."""
    check_scalar(n_neighbors, "n_neighbors", Integral, min_val=1)
    check_scalar(max_samples, "max_samples", Integral, min_val=3)
    X = check_array(plain_array(X), input_name="X")
    codes = check_array(plain_array(codes), input_name="codes")
    check_consistent_length(X, codes)
    drawn = rng.permutation(len(X))[:max_samples]
    if 2 * n_neighbors >= len(drawn):
        raise ValueError(
            f"n_neighbors must be less than half of the number of samples that are compared, "
            f"{len(drawn)}; got n_neighbors={n_neighbors}."
        )
    return X[drawn], codes[drawn]


def _recall(X, codes, n_neighbors):
    from sklearn.neighbors import NearestNeighbors  # slow to import

    search = NearestNeighbors(n_neighbors=n_neighbors)
    found = [search.fit(values).kneighbors(return_distance=False) for values in (X, codes)]
    is_kept = (found[0][:, :, None] == found[1][:, None]).any(axis=2)
    return float(is_kept.mean())
