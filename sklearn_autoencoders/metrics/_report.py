"""The report that compares synthetic samples with real ones."""

from __future__ import annotations

from functools import partial

from sklearn.utils import Bunch

from .._utils.random import draw_seed, own_random_state
from ._checks import check_columns, check_n_columns, checked_numbers, checked_targets
from ._numbers import compare_numbers
from ._scores import nearness, share_closer_to_real, two_sample_auc, utility
from ._tables import cells_of, compare_tables, learn_table


def generation_report(
    real,
    synthetic,
    y_real=None,
    y_synthetic=None,
    *,
    held_out=None,
    categorical_features="from_dtype",
    random_state=None,
):
    r"""Compare synthetic samples with real ones.

    Parameters
    ----------
    real : array-like of shape (n_real, n_features)
        Real samples: the training samples of the generator or, for a stricter comparison, other
        samples. A frame may have columns of numbers, strings, categories, booleans, dates and
        durations. If it has categories or dates, values may be missing.

    synthetic : array-like of shape (n_synthetic, n_features)
        Samples drawn from the generator, preferably as many as there are real samples.

    y_real : array-like of shape (n_real,), default=None
        Class labels or a continuous target. Integers are continuous if they are so many that most
        of them could occur only once among the samples of a fit.

    y_synthetic : array-like of shape (n_synthetic,), default=None
        Labels or target on which the synthetic samples were conditioned.

    held_out : array-like of shape (n_held_out, n_features), default=None
        Real samples on which the generator was not trained, for `share_closer_to_real`.

    categorical_features : "from_dtype", array-like or None, default="from_dtype"
        Which columns contain categories. "from_dtype" recognizes columns of strings, booleans and
        categorical types in the frames of pandas, polars, PyArrow and other packages, and columns
        of strings in an array of objects; booleans are numbers if there are no other categories.
        Otherwise a mask, indices or names of columns; None for none.

    random_state : int, RandomState instance or None, default=None
        Determines the folds and the randomness of the forests. None uses fresh entropy.

    Returns
    -------
    Bunch
        `column_distance` of shape (n_features,): the Kolmogorov-Smirnov statistic or, for
        categories and for features with at most 20 distinct values, the total variation distance;
        0 is best, 1 is worst. Missing values are left out. If the values of one table are those of
        float32, both are compared with this precision. Values that differ by a few rounding errors
        are equal. `dict(zip(real.columns, report.column_distance))` has the names of the columns.

        `std_ratio` of shape (n_features,): ratio of the synthetic to the real standard deviation;
        NaN for categories and for features that are constant in the real samples.

        `correlation_difference`: mean absolute difference of the associations of all pairs of
        features; 0 is best. The association is Pearson's correlation for two numbers, Cramér's V
        for two categories and the correlation ratio for a number and a category, both without
        their bias. Features that are constant in one of the tables are left out.

        `validity`: fraction of the synthetic samples whose numbers are all in the range of the real
        ones, whose categories all occur in the real samples, and that have missing values only
        where real samples have some; 1 is best. The fewer real samples and the more features
        there are, the more often is a new real sample out of this range, too.

        `two_sample_auc`: cross-validated area under the ROC curve of a random forest that
        classifies samples as real or synthetic; 0.5 is best, 1 is worst, and values far below 0.5
        indicate copies. Integer or rounded features are recognized by their values alone, because a
        density cannot reproduce them. If this is not of interest, round the synthetic samples
        first. If only real samples have missing values, those of random real samples are hidden
        in the synthetic ones, from this forest and from the ones below.

        `nearest_ratio`: ratio of the median distance of synthetic samples to the nearest real
        sample to the median distance of real samples to the nearest other real sample, for
        standardized features. A category is represented by indicators with a total variance of
        one, and a missing value by the mean. Values far below 1 indicate copies.

        `share_of_copies`: fraction of the synthetic samples that are closer to a real sample than
        99 % of the real samples are to each other. New samples of the same distribution would
        result in about 0.01. Larger values indicate copies, unless there are duplicates among the
        real samples.

        `share_of_exact_copies`: fraction of the synthetic samples that are equal to a real sample.
        Compare it with the fraction of held-out samples that are.

        `share_closer_to_real`: if `held_out` is given, the fraction of the synthetic samples whose
        nearest real sample is closer than the nearest held-out one, among as many samples of each;
        ties count half. 0.5 is best, larger values indicate copies or overfitting. It is also
        called share of the distance to the closest record (DCR).

        `real_score`, `synthetic_score`, `utility`: if y is given, the scores (accuracy or R²) on
        real samples of a random forest that is trained on other real samples (five folds) and of
        one that is trained on the synthetic samples, and the ratio of the second to the first. A
        ratio of 1 is best, a larger one indicates copies or chance, and NaN means that y cannot be
        predicted even from real samples.

    Raises
    ------
    ValueError
        If the samples or the targets cannot be compared, or if only one of the targets is given.

    TypeError
        If a column contains values that are neither numbers, categories nor dates.

    References
    ----------
    .. [1] L. Xu, M. Skoularidou, A. Cuesta-Infante and K. Veeramachaneni, "Modeling Tabular Data
       using Conditional GAN", NeurIPS 2019.

    .. [2] D. Lopez-Paz and M. Oquab, "Revisiting Classifier Two-Sample Tests", ICLR 2017.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn_autoencoders import VAEGenerator
    >>> from sklearn_autoencoders.metrics import generation_report
    >>> X, _ = load_iris(return_X_y=True)
    >>> generator = VAEGenerator(2, random_state=0).fit(X)
    >>> report = generation_report(X, generator.sample(150, random_state=0), random_state=0)
    >>> report.column_distance.shape
    (4,)

    A table with categories, of which one does not occur in the real samples:

    >>> import pandas as pd
    >>> real = pd.DataFrame({"size": range(20), "color": ["red", "blue"] * 10})
    >>> synthetic = real.assign(color=["red", "red", "blue", "green"] * 5)
    >>> report = generation_report(real, synthetic, random_state=0)
    >>> report.column_distance.round(2), report.validity
    (array([0.  , 0.25]), 0.75)
    """
    tables = {"real": real, "synthetic": synthetic}
    if held_out is not None:
        tables["held_out"] = held_out
    check_columns(tables)
    columns = learn_table(real, categorical_features)
    check = checked_numbers if columns is None else partial(cells_of, columns)
    arrays = {name: check(samples, name) for name, samples in tables.items()}
    check_n_columns(arrays)
    targets = checked_targets(y_real, y_synthetic, arrays["real"], arrays["synthetic"])
    seed = draw_seed(own_random_state(random_state))
    compare = compare_numbers if columns is None else partial(compare_tables, columns, seed)
    return _report(compare(*arrays.values()), targets, seed)


def _report(found, targets, seed):
    """Return the report of tables that have been compared column by column."""
    real, synthetic, *held_out = found.inputs
    cells = found.get("cells", (real, synthetic))
    report = Bunch(
        column_distance=found.distance,
        std_ratio=found.std_ratio,
        correlation_difference=found.correlation_difference,
        validity=float(found.is_valid.all(axis=1).mean()),
        two_sample_auc=two_sample_auc(*cells, seed),
        **nearness(real, synthetic),
    )
    if held_out:
        report.share_closer_to_real = share_closer_to_real(real, synthetic, *held_out, seed)
    if targets is not None:
        report.update(utility(*cells, *targets, seed))
    return report
