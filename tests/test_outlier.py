"""AutoencoderOutlierDetector: scores, thresholds, explanations and trimmed samples."""

import copy
import functools

import dask.dataframe
import numpy as np
import pandas as pd
import polars
import pyarrow
import pytest
import torch
from estimators import quick
from helpers import fitted_case, table, weights, with_missing_values
from sklearn.datasets import load_breast_cancer, load_digits
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import GridSearchCV, KFold
from sklearn.utils.estimator_checks import check_outlier_contamination

from sklearn_autoencoders import AutoencoderOutlierDetector
from sklearn_autoencoders._data.sources.splits import draw_by_content, hold_out_by_content
from sklearn_autoencoders._data.statistics.scaling import weighted_quantile
from sklearn_autoencoders._estimators.outlier_thresholds import (
    automatic_threshold,
    repeat_by_weight,
    sample_stream,
    upper_fence,
)
from sklearn_autoencoders._utils.batch import Batch
from sklearn_autoencoders.networks import Convolutional, Dense
from sklearn_autoencoders.networks._models.ensemble import Ensemble
from sklearn_autoencoders.networks._recipes import AutoencoderRecipe, EnsembleRecipe, build
from sklearn_autoencoders.objectives import LOSSES
from sklearn_autoencoders.objectives._trimmed import Trimmed


def detector(**params):
    return quick(AutoencoderOutlierDetector, **{"max_epochs": 20, **params})


def mixture(n_rows, seed):
    """Return samples of five clusters with eight features."""
    rng = np.random.RandomState(seed)
    centres = 3 * np.random.RandomState(3).randn(5, 8)
    return centres[rng.randint(5, size=n_rows)] + rng.randn(n_rows, 8)


@functools.cache
def _fitted_to_mixture(seed):
    return detector(random_state=seed).fit(mixture(3000, seed))


def fitted_to_mixture(seed):
    """Return a detector, which can be modified; each seed is fitted once."""
    return copy.deepcopy(_fitted_to_mixture(seed))


def contaminated(n_rows=600, fraction=0.05):
    """Return samples near a plane, with outliers at the end, and a mask of the outliers."""
    rng = np.random.RandomState(0)
    X = rng.randn(n_rows, 2) @ rng.randn(2, 8) + 0.1 * rng.randn(n_rows, 8)
    is_outlier = np.arange(n_rows) >= (1 - fraction) * n_rows
    X[is_outlier] = np.column_stack([rng.permutation(column) for column in X[is_outlier].T])
    return X, is_outlier


# ---------------------------------------------------------------------------------- scores


def test_outliers_that_are_normal_in_every_feature_are_found():
    X, is_outlier = contaminated()
    ranking = [
        roc_auc_score(is_outlier, -fitted.fit(X).score_samples(X))
        for fitted in (detector(max_epochs="auto", random_state=seed) for seed in range(3))
    ]
    assert np.mean(ranking) > 0.9


def test_training_detects_more_than_the_untrained_network():
    X, is_outlier = contaminated()
    trained, untrained = (
        roc_auc_score(
            is_outlier,
            -detector(max_epochs=30, learning_rate=rate, n_prototypes=0).fit(X).score_samples(X),
        )
        for rate in (3e-3, 1e-30)
    )
    assert trained > untrained + 0.1


def planes_of(fitted):
    """Return the prototypes, in the units of X, and their directions, in ranges of the features."""
    parts = fitted.network_.prototypes
    inputs, directions, unit = (
        part.double().numpy() for part in (parts.inputs, parts.directions, parts.unit)
    )
    return inputs * fitted.scale_ + fitted.center_, directions, unit * fitted.scale_


def test_the_score_is_minus_the_mean_error_in_units_of_the_tolerance():
    X = with_missing_values(table(120))
    fitted = detector(n_prototypes=0).fit(X)
    errors = np.nanmean(np.abs(X - fitted.reconstruct(X)) / fitted.tolerance_, axis=1)
    np.testing.assert_allclose(fitted.score_samples(X), -comparable(errors, X, fitted))


def comparable(errors, X, fitted):
    """Return errors as those of samples with as many values as the median sample has."""
    n_observed = (~np.isnan(X)).sum(1)
    usual, found = fitted._error_quantiles[-1], np.log(errors)
    for i, own in enumerate(fitted._error_quantiles[n_observed]):
        inside = np.interp(found[i], own, usual)
        ratio = min((usual[-1] - usual[3]) / (own[-1] - own[3]), 1.0)
        above, below = max(found[i] - own[-1], 0.0), min(found[i] - own[0], 0.0)
        found[i] = inside + ratio * above + below
    return np.exp(found)


def distances(X, fitted):
    """Return mean squared differences from the planes of the nearest prototypes, in units."""
    n_groups = 4 if X.shape[1] < 48 else 1
    prototypes, directions, unit = planes_of(fitted)
    found = 0.0
    for group, all_planes in zip(
        np.split(prototypes, n_groups), np.split(directions, n_groups), strict=True
    ):
        difference = (X[:, None] - group) / unit
        near = np.nansum(difference**2, axis=2).argmin(1)
        difference = difference[np.arange(len(X)), near]
        for row, planes in zip(difference, all_planes[near], strict=True):
            known = ~np.isnan(row)  # least squares
            row -= np.linalg.lstsq(planes[:, known].T, row[known], rcond=None)[0] @ planes
        found += (difference * unit / fitted.distance_unit_) ** 2 / n_groups
    return found


@pytest.mark.parametrize(("n_features", "n_missing"), [(5, 0), (5, 1), (20, 0), (20, 1), (80, 0)])
def test_the_score_joins_predictions_and_the_distance_from_a_plane(n_features, n_missing):
    X = np.random.RandomState(0).randn(200, 4) @ np.random.RandomState(1).randn(4, n_features)
    X += 0.1 * np.random.RandomState(2).randn(*X.shape)
    X[::2, 1 : 1 + n_missing] = np.nan
    fitted = detector().fit(X)
    weight = min(1, 48 / n_features)
    errors = np.abs(X - fitted.reconstruct(X)) / fitted.tolerance_
    distance = np.sqrt(np.nanmean(distances(X, fitted), axis=1))
    expected = (weight * np.nanmean(errors, axis=1) + distance) / (weight + 1)
    expected = -comparable(expected, X, fitted)
    np.testing.assert_allclose(fitted.score_samples(X), expected, rtol=1e-2 if n_missing else 1e-5)
    contribution = fitted.explain(X).contribution
    np.testing.assert_allclose(contribution.sum(1), fitted.score_samples(X), rtol=1e-5)
    assert planes_of(fitted)[1].shape[1] == min(n_features // 8, 10)


def test_labels_are_those_of_the_decision_function():
    X = with_missing_values(table(120))
    fitted = detector().fit(X)
    assert fitted.score_samples(X.astype(np.float32)).dtype == np.float64
    np.testing.assert_array_equal(
        fitted.decision_function(X), fitted.score_samples(X) - fitted.offset_
    )
    np.testing.assert_array_equal(fitted.predict(X) == -1, fitted.decision_function(X) < 0)


def test_no_prototype_is_a_training_sample():
    X = mixture(300, 0)
    prototypes, directions, _ = planes_of(detector(n_prototypes=64).fit(X))
    assert np.abs(X[:, None] - prototypes).max(2).min() > 0.01
    assert len(np.unique(prototypes, axis=0)) > 55
    np.testing.assert_allclose((directions**2).sum(2), 1.0, rtol=1e-5)


def test_units_of_distances_are_ranges_of_the_features():
    X = np.random.RandomState(0).exponential(size=(1000, 6)) ** np.arange(1, 7)
    fitted = detector().fit(X)
    low, high = np.quantile(X, [0, 1], axis=0)
    high = np.minimum(high, fitted.center_ + 10 * fitted.scale_)  # extreme values are clipped
    ratio = fitted.distance_unit_ / (high - low)
    np.testing.assert_allclose(ratio, ratio.mean(), rtol=0.2)


def test_wide_samples_have_one_unit_of_predictions():
    X = np.random.RandomState(0).uniform(size=(200, 48)) * np.arange(1, 49)
    wide, narrow = detector().fit(X), detector().fit(X[:, 1:])
    np.testing.assert_allclose(
        wide.tolerance_ / wide.distance_unit_, wide.tolerance_[0] / wide.distance_unit_[0]
    )
    assert np.ptp(narrow.tolerance_ / narrow.distance_unit_) > 0.1


@pytest.mark.parametrize("n_features", [47, 48, 70])
def test_all_features_can_be_constant(n_features):
    X = np.ones((50, n_features))
    fitted = detector().fit(X)
    scores = fitted.score_samples(np.vstack([X, X + 0.1]))
    assert np.isfinite(scores).all()
    assert scores[:50].min() > scores[50:].max()
    stream = detector().partial_fit(X)
    table = np.random.RandomState(0).randn(50, n_features)
    assert np.isfinite(stream.partial_fit(table).score_samples(table)).all()


def test_a_sample_beside_a_curve_is_far_from_its_planes():
    rng = np.random.RandomState(0)
    angle = rng.uniform(0, np.pi, 3000)
    waves = np.column_stack([np.sin(angle * k) for k in range(1, 9)])
    X = np.c_[waves, waves @ rng.randn(8, 12)]  # a curve in 20 features
    fitted = detector(max_epochs="auto").fit(X)
    beside = X[:50] + 0.2 * rng.randn(50, 20)
    assert (fitted.p_values(beside) < 0.01).all()


def test_prototypes_detect_a_sample_between_clusters_whose_values_agree():
    rng = np.random.RandomState(0)
    X = rng.choice([-3.0, 3.0], (1000, 1)) + 0.3 * rng.randn(1000, 6)
    for n_prototypes, is_detected in ((512, True), (0, False)):
        fitted = detector(n_prototypes=n_prototypes, max_epochs="auto").fit(X)
        ranks = fitted.p_values(np.linspace(-0.2, 0.2, 5)[:, None] + np.zeros(6))
        assert (ranks < 0.01).all() == is_detected


def test_similar_outliers_are_no_prototypes():
    rng = np.random.RandomState(0)
    X = rng.randn(600, 2) @ rng.randn(2, 8) + 0.5 * rng.randn(600, 8)
    similar = 3 * rng.choice([-1.0, 1.0], 8) + 0.1 * rng.randn(18, 8)
    fitted = detector(max_epochs="auto").fit(np.concatenate([X, similar]))
    assert np.abs(similar[:, None] - planes_of(fitted)[0]).mean(2).min() > 0.5
    assert (fitted.predict(similar) == -1).all()


def test_prototypes_follow_a_stream():
    X = mixture(400, 0)
    fitted = detector().fit(X)
    before = fitted.network_.prototypes.inputs.clone()
    fitted.partial_fit(X[:200] + 1.0)
    kept = (fitted.network_.prototypes.inputs == before).all(1).double().mean()
    assert 0.55 < kept < 0.8  # a third of the samples are new


def test_a_quarter_of_the_training_errors_exceed_the_tolerance():
    X = mixture(2000, 0)
    fitted = detector(validation_fraction=0.01).fit(X)
    fraction = (np.abs(X - fitted.reconstruct(X)) > fitted.tolerance_).mean(0)
    np.testing.assert_allclose(fraction, 0.25, atol=0.01)


def test_features_of_one_scale_have_one_tolerance():
    X = mixture(200, 0) * np.arange(1, 9)
    tolerance = detector(scaling="global").fit(X).tolerance_
    assert (tolerance == tolerance[0]).all()
    assert len(set(detector().fit(X).tolerance_)) == 8


def test_early_stopping_requires_distinct_samples():
    X = np.tile([1.0, 2.0, 3.0], (30, 1))
    with pytest.raises(ValueError, match="leaves no sample"):
        detector(early_stopping=True).fit(X)


def test_masked_values_are_predicted_from_the_others():
    """The prediction of a value does not depend on the value."""
    X = table(120)
    fitted = detector(mask_rate=0.5).fit(X)
    moved = X.copy()
    moved[:, 2] += 5
    expected = [fitted.reconstruct(rows) for rows in (X, moved)]
    np.testing.assert_allclose(expected[0][:, 2], expected[1][:, 2])
    assert (expected[0][:, 3] != expected[1][:, 3]).all()
    seeing = detector(method="reconstruction").fit(X)
    assert (seeing.reconstruct(X)[:, 2] != seeing.reconstruct(moved)[:, 2]).all()


@pytest.mark.parametrize("n_estimators", [1, 2, 8])
@pytest.mark.parametrize("mask_rate", [0.0, 0.5, 0.9])
def test_every_number_of_estimators_and_every_rate_works(n_estimators, mask_rate):
    fitted = detector(n_estimators=n_estimators, mask_rate=mask_rate).fit(table())
    assert np.isfinite(fitted.score_samples(table(seed=1))).all()


def test_a_feature_is_masked_from_the_expected_number_of_autoencoders():
    hidden = detector(n_estimators=8, mask_rate=0.5).fit(table()).network_.hidden
    assert (hidden.sum(0) == 4).all()
    assert len({tuple(column) for column in hidden.T.tolist()}) > 1


def test_batched_autoencoders_equal_sequential_ones():
    generator = torch.Generator().manual_seed(0)
    member = AutoencoderRecipe(Dense((7,)), 5, 2)
    recipe = EnsembleRecipe(member, n_estimators=3, mask_rate=0.5, n_masked=1, clip=10.0)
    network = build(recipe, generator)
    assert isinstance(network, Ensemble)
    x = torch.randn(4, 5, generator=generator)
    output = torch.stack(
        [
            decoder(encoder(x.masked_fill(hidden, 0.0)))
            for encoder, decoder, hidden in zip(
                network.encoder, network.decoder, network.hidden, strict=True
            )
        ]
    )
    expected = (output * network.hidden[:, None]).sum(0)
    torch.testing.assert_close(network(x).reconstruction, expected)


def test_images_and_networks_with_dropout():
    digits = load_digits().images[:100]
    for part in (Convolutional((8, 8), channels=(4,)), Dense((8,), dropout=0.2)):
        rows = digits if isinstance(part, Convolutional) else digits.reshape(100, -1)
        fitted = detector(network=part, n_estimators=2, max_epochs=2).fit(rows)
        assert fitted.predict(rows).shape == (100,)
        assert fitted.explain(rows).expected.shape == rows.shape


# ------------------------------------------------------------------------------- threshold


@pytest.mark.parametrize("contamination", [0.01, 0.1, 0.37, 0.5])
def test_the_fraction_of_outliers_is_the_contamination(contamination):
    X = mixture(200, 0)
    fitted = detector(contamination=contamination).fit(X)
    assert (fitted.predict(X) == -1).sum() == np.ceil(contamination * 200)


def test_contamination_is_checked_as_by_scikit_learn():
    check_outlier_contamination("AutoencoderOutlierDetector", detector())


def test_the_automatic_threshold_has_few_false_alarms():
    fitted = fitted_to_mixture(0)
    assert 0 < (fitted.predict(mixture(4000, 1)) == -1).mean() < 0.03


@pytest.mark.parametrize("n_rows", [2, 8, 20])
def test_the_automatic_threshold_of_few_samples_has_few_false_alarms(n_rows):
    rates = [
        (detector(random_state=seed).fit(mixture(n_rows, seed)).predict(mixture(500, 9)) == -1)
        for seed in range(4)
    ]
    assert np.mean(rates) < 0.06


def test_the_threshold_of_one_score_has_the_typical_width():
    expected = np.exp(4.5 * 0.25 * 10 / 11 * np.sqrt(1 + np.pi / 2))
    assert automatic_threshold(np.ones(1)) == pytest.approx(expected)
    # copies of a sample count as one
    assert automatic_threshold(np.ones(9)) == pytest.approx(expected)


def test_the_threshold_of_many_scores_is_the_fence_or_the_largest():
    values = np.sort(np.exp(np.random.RandomState(0).randn(4096)))
    assert automatic_threshold(values) == pytest.approx(upper_fence(values), rel=0.01)
    below = values[values < 3]
    assert automatic_threshold(below) == below[-1]


def test_p_values_are_valid_for_samples_like_the_training_samples():
    rates = [
        (fitted_to_mixture(seed).p_values(mixture(4000, 50 + seed)) < 0.05).mean()
        for seed in range(3)
    ]
    assert 0.03 <= np.mean(rates) <= 0.07


def test_p_values_are_the_ranks_among_the_held_out():
    X = table(200)
    fitted = detector().fit(X)
    scores, held_out = -fitted.score_samples(X), fitted.held_out_scores_
    expected = [(1 + (held_out >= score).sum()) / (1 + len(held_out)) for score in scores]
    np.testing.assert_allclose(fitted.p_values(X), expected)
    assert fitted.n_held_out_ == len(held_out)
    assert fitted.n_samples_seen_ == 200 - len(held_out)


def test_a_threshold_is_set_without_a_fit():
    new, fitted = mixture(3000, 1), fitted_to_mixture(0)
    before = weights(fitted)
    assert fitted.set_threshold(false_alarm_rate=0.1) is fitted
    offset = fitted.offset_
    assert fitted.set_threshold(outlier_fraction=0.1).offset_ == pytest.approx(offset)
    assert fitted.set_threshold(outlier_fraction=0.01).offset_ < offset
    fitted.set_threshold(false_alarm_rate=1 / (len(fitted.held_out_scores_) + 1))
    assert fitted.offset_ < -fitted.held_out_scores_[-1]
    fitted.offset_ = -1e9
    assert (fitted.predict(new) == 1).all()
    assert all((weights(fitted)[name] == before[name]).all() for name in before)


def test_the_false_alarm_rate_is_that_of_new_samples():
    rates = []
    for seed in range(4):
        fitted = fitted_to_mixture(seed)
        fitted.set_threshold(false_alarm_rate=0.1)
        rates.append((fitted.predict(mixture(3000, 10 + seed)) == -1).mean())
    assert np.mean(rates) == pytest.approx(0.1, abs=0.03)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({}, "Give either outlier_fraction or false_alarm_rate; got none"),
        ({"outlier_fraction": 0.1, "false_alarm_rate": 0.1}, "or false_alarm_rate; got both"),
        ({"outlier_fraction": 0.999}, r"outlier_fraction must be in \(0, 0.5\]; got 0.999"),
        ({"outlier_fraction": np.nan}, r"outlier_fraction must be in \(0, 0.5\]"),
        ({"false_alarm_rate": 0}, r"false_alarm_rate must be in \(0, 0.5\]"),
        ({"false_alarm_rate": 1e-4}, "false_alarm_rate=0.0001 requires .* at least 9999 .* 1/"),
    ],
)
def test_invalid_thresholds_are_rejected(arguments, message):
    fitted = fitted_case(detector(), max_epochs=2)
    offset = fitted.offset_
    with pytest.raises(ValueError, match=message):
        fitted.set_threshold(**arguments)
    assert fitted.offset_ == offset


# --------------------------------------------------------------------------------- explanation


def test_contributions_sum_to_the_score_and_identify_the_feature():
    X = load_breast_cancer(as_frame=True).data
    fitted = detector().fit(X)
    row = X.iloc[[3]].copy()
    row["mean area"] = 2 * X["mean area"].max()
    explanation = fitted.explain(row)
    assert explanation.contribution.idxmin(axis=1).item() == "mean area"
    assert explanation.expected["mean area"].item() < X["mean area"].max()
    explained = fitted.explain(X)
    assert explained.contribution.index.equals(X.index)
    np.testing.assert_allclose(explained.contribution.sum(axis=1), fitted.score_samples(X))


def test_missing_values_have_a_prediction_but_no_contribution():
    X = with_missing_values(table(100))
    explanation = detector().fit(X).explain(X)
    assert (explanation.contribution[np.isnan(X)] == 0).all()
    assert np.isfinite(explanation.expected).all()
    assert not isinstance(explanation.expected, pd.DataFrame)


FRAMES = {
    "pandas": lambda frame: frame,
    "nullable": lambda frame: frame.convert_dtypes(),
    "arrow types": lambda frame: frame.convert_dtypes(dtype_backend="pyarrow"),
    "polars": polars.from_pandas,
    "pyarrow": lambda frame: pyarrow.Table.from_pandas(frame, preserve_index=False),
    "dask": lambda frame: dask.dataframe.from_pandas(frame, npartitions=3, sort=False),
}


@pytest.mark.parametrize("convert", FRAMES.values(), ids=FRAMES)
def test_explanations_are_frames_like_the_samples(convert):
    frame = pd.DataFrame(table(50), columns=list("abcdef"), index=np.arange(50)[::-1] + 5)
    X = convert(frame)
    fitted = detector(max_epochs=2).fit(X)
    expected = detector(max_epochs=2).fit(frame.to_numpy()).explain(frame.to_numpy())
    found = fitted.explain(X)
    for name in ("contribution", "expected"):
        part = found[name]
        assert type(part) is type(X)
        np.testing.assert_array_equal(np.asarray(part), expected[name])
        names = part.column_names if hasattr(part, "column_names") else part.columns
        assert list(names) == list("abcdef")
        if hasattr(X, "index"):
            assert list(part.index) == list(X.index)


# -------------------------------------------------------------------------------- training


def test_the_samples_with_the_largest_losses_are_ignored():
    rows = torch.tensor([[1.0, 5.0, 2.0, 3.0]]).double()
    loss = Trimmed(LOSSES["squared_error"], 0.25)
    target = torch.zeros(4, 1).double()
    output = type("O", (), {"reconstruction": rows[..., None].sqrt()})
    found = loss.evaluate(output, Batch(target, target), None, 0.0).loss
    np.testing.assert_allclose(found, [1, 0, 2, 3])
    weight = torch.tensor([1.0, 0.5, 1.0, 1.5]).double()
    found = loss.evaluate(output, Batch(target, target, weight=weight), None, 0.0).loss
    np.testing.assert_allclose(found, [1, 0, 2, 3 * (1 - 0.5 / 1.5)])


def test_at_most_max_samples_are_used():
    X = mixture(3000, 0)
    fitted = detector(max_samples=500).fit(X)
    assert 400 < fitted.n_samples_seen_ < 600
    assert 60 < fitted.n_held_out_ < 200
    assert np.isfinite(fitted.score_samples(X)).all()


def test_copies_of_a_sample_are_not_separated():
    X = table(50)
    draw = draw_by_content(np.vstack([X, X[::-1]]), 3)
    np.testing.assert_array_equal(draw[:50], draw[50:][::-1])
    np.testing.assert_array_equal(
        draw_by_content(X.astype(np.float32), 0)[:3],
        draw_by_content(X.astype(np.float32).astype(np.float64), 0)[:3],
    )


def test_draws_by_content_are_uniform_and_change_with_the_seed():
    X = np.random.RandomState(0).randint(4, size=(20_000, 8)).astype(float)
    X = np.unique(X, axis=0)
    first, second = draw_by_content(X, 0), draw_by_content(X, 1)
    for draw in (first, second):
        np.testing.assert_allclose(np.histogram(draw, 10, (0, 1))[0] / len(X), 0.1, atol=0.01)
    assert abs(np.corrcoef(first, second)[0, 1]) < 0.03


def test_a_stream_keeps_a_reservoir(monkeypatch):
    monkeypatch.setattr("sklearn_autoencoders._estimators.outlier_thresholds._N_KEPT", 800)
    fitted = detector()
    for seed in range(6):
        fitted.partial_fit(mixture(1000, seed))
    assert fitted.n_held_out_ == pytest.approx(1200, rel=0.05)
    assert len(fitted.held_out_scores_) == 800
    assert (np.diff(fitted.held_out_scores_) >= 0).all()
    assert (fitted.p_values(mixture(4000, 99)) < 0.05).mean() == pytest.approx(0.05, abs=0.03)


@pytest.mark.parametrize("n_rows", [1, 20, 1000])
def test_a_reservoir_keeps_every_value_with_the_same_probability(n_rows):
    values = np.random.RandomState(0).uniform(size=10_000)
    kept, n = values[:0], 0
    for batch in values.reshape(-1, n_rows):
        kept = sample_stream(kept, n, batch, np.random.RandomState(n))
        n += n_rows
    assert len(kept) == 4096
    np.testing.assert_allclose(np.quantile(kept, [0.1, 0.5, 0.9]), [0.1, 0.5, 0.9], atol=0.02)


def test_samples_with_many_copies_are_used_for_training():
    X = np.vstack([np.zeros((950, 4)), np.random.RandomState(0).randn(50, 4)])
    for seed in range(3):
        fitted = detector(random_state=seed, contamination=0.05).fit(X)
        assert fitted.n_samples_seen_ >= 950
        assert (fitted.predict(X[:950]) == 1).all()
        assert (fitted.predict(X[950:]) == -1).mean() > 0.9


@pytest.mark.parametrize("shape", [(30, 20), (100, 5)])
def test_repeated_samples_are_no_outliers(shape):
    n_rows, n_copies = shape
    X = np.repeat(mixture(n_rows, 0), n_copies, 0)
    for seed in range(3):
        fitted = detector(random_state=seed).fit(X)
        assert (fitted.predict(X) == -1).mean() <= 0.05
        assert (fitted.predict(mixture(500, 1)) == -1).mean() <= 0.05
        assert 0.1 < fitted.n_held_out_ / len(X) < 0.3


def test_samples_with_more_copies_than_the_others_are_used_for_training():
    X = np.vstack([np.repeat(mixture(10, 1), 30, 0), mixture(300, 0)])
    held_out = [hold_out_by_content(X, None, 0.2, seed) for seed in range(20)]
    assert not np.any([mask[:300] for mask in held_out])
    assert np.mean([mask[300:] for mask in held_out]) == pytest.approx(0.2, abs=0.03)


def test_equal_samples_are_no_outliers():
    for contamination in ("auto", 0.1):
        fitted = detector(contamination=contamination).fit(np.ones((50, 3)))
        assert fitted.predict(np.ones((1, 3))) == 1


def test_datasets_with_few_distinct_samples_are_split():
    X = np.random.RandomState(0).randint(2, size=(5000, 3)).astype(float)
    for seed in range(4):
        fitted = detector(max_samples=200, random_state=seed).fit(X)
        assert fitted.n_samples_seen_ + fitted.n_held_out_ == 250


def test_one_batch_of_a_stream_does_not_move_the_threshold_far():
    X = mixture(500, 0)
    fitted = detector(contamination=0.1).fit(X)
    before = fitted.predict(X)
    fitted.partial_fit(X[[np.abs(X).sum(1).argmin()]])
    assert (fitted.predict(X) == before).mean() > 0.9
    n_held_out = fitted.n_held_out_
    fitted.partial_fit(X[:1])  # a training sample is not added to the held-out scores
    assert fitted.n_held_out_ == n_held_out


def test_weights_are_used_for_validation_samples():
    X, weight = mixture(200, 0), np.where(np.arange(200) % 2, 5, 1)
    weighted = detector(batch_size=1000).fit(X, sample_weight=weight)
    copied = detector(batch_size=1000).fit(np.repeat(X, weight, 0))
    np.testing.assert_allclose(weighted.held_out_scores_, copied.held_out_scores_, rtol=1e-4)


def test_a_feature_is_always_masked_from_some_autoencoders():
    for n_estimators, rate in ((8, 0.05), (2, 0.2), (3, 0.1)):
        fitted = detector(n_estimators=n_estimators, mask_rate=rate, max_epochs=1).fit(table())
        assert (fitted.network_.hidden.sum(0) == 1).all()


def test_tiny_sample_weights_do_not_divide_by_zero():
    weight = np.where(np.arange(200) % 7, 1.0, 1e-50)
    fitted = detector(trim=0.0).fit(mixture(200, 0), sample_weight=weight)
    assert np.isfinite(fitted.loss_curve_).all()


def test_quantiles_weigh_values_like_copies():
    rng = np.random.RandomState(0)
    values, weight = np.append(rng.randn(40), np.nan), rng.randint(1, 5, 41)
    for fraction in (0.01, 0.25, 0.5, 0.75, 0.99):
        copied = weighted_quantile(np.repeat(values, weight), fraction, None)
        assert weighted_quantile(values, fraction, weight.astype(float)) == copied


def test_the_fence_of_equal_values_is_not_below_them(rng):
    assert all(upper_fence(np.full(3, value)) >= value for value in 10 ** rng.uniform(-9, 9, 1000))


def test_whole_weights_are_repetitions(rng):
    values, counts = rng.randn(20), rng.randint(0, 4, 20)
    np.testing.assert_array_equal(repeat_by_weight(values, counts), np.sort(values.repeat(counts)))
    np.testing.assert_array_equal(repeat_by_weight(values, np.full(20, 0.05)), np.sort(values))


def test_the_fence_is_beyond_most_values():
    values = np.exp(np.random.RandomState(0).randn(10_000))
    assert (values > upper_fence(values)).mean() == pytest.approx(0.0012, abs=0.001)


def test_outliers_hardly_change_the_fence():
    values = np.exp(np.random.RandomState(0).randn(10_000))
    more = np.append(values, np.full(2000, values.max()))
    assert upper_fence(values) < upper_fence(more) < 2.5 * upper_fence(values)
    assert upper_fence(np.append(np.ones(60), np.arange(1, 41))) > 10  # not that of equal values


def test_a_search_over_its_parameters():
    X, is_outlier = contaminated()
    grid = {"trim": [0.0, 0.2], "method": ["masked", "reconstruction"]}
    search = GridSearchCV(
        detector(max_epochs=2), grid, cv=KFold(2, shuffle=True, random_state=0), scoring="roc_auc"
    )
    search.fit(X, np.where(is_outlier, -1, 1))
    assert search.best_score_ > 0.5
    assert not hasattr(search.estimator, "score")  # so that a search cannot use it


def test_constant_features_have_no_effect_until_they_change():
    X, is_outlier = contaminated()
    constants = np.array([0.0, 1.0, 1e6, 1e-6, 0.1])
    wide = np.column_stack([X, np.broadcast_to(constants, (len(X), 5))])
    fitted = detector(max_epochs="auto").fit(wide)
    found = fitted.explain(wide)
    assert (found.contribution[:, 8:] == 0).all()
    np.testing.assert_array_equal(found.expected[:, 8:], wide[:, 8:])
    np.testing.assert_allclose(found.contribution.sum(1), fitted.score_samples(wide))
    narrow = detector(max_epochs="auto").fit(X).score_samples(X)
    ranking = roc_auc_score(is_outlier, -fitted.score_samples(wide))
    assert ranking > roc_auc_score(is_outlier, -narrow) - 0.05
    for column in range(8, 13):
        changed = wide[:1].copy()
        changed[0, column] = 1.1 * changed[0, column] if changed[0, column] else 0.1
        assert fitted.predict(changed) == -1


def test_changes_of_constants_count_up_to_the_number_of_samples_and_then_by_logarithm():
    fitted = detector().fit(np.column_stack([mixture(20, 0), np.zeros(20)]))
    n, tolerance = fitted.n_samples_seen_, fitted.tolerance_[8]
    X = np.column_stack([mixture(4, 1), tolerance * n * np.array([0.0, 0.5, 1.0, np.e])])
    found = fitted.explain(X)
    np.testing.assert_allclose(-9 * found.contribution[:, 8], n * np.array([0.0, 0.5, 1.0, 2.0]))
    np.testing.assert_allclose(found.contribution.sum(1), fitted.score_samples(X))


def test_one_extreme_value_does_not_mask_others_of_its_feature():
    """For most seeds: with one small ensemble some samples are near the threshold."""
    X, is_outlier = contaminated()
    X[5, 0] = 999_999.0
    kept = np.arange(len(X)) != 5
    anomalous = X[:20].copy()
    anomalous[:, 0] = 15 * X[6:, 0].std()
    found, ranking = [], []
    for seed in range(5):
        fitted = detector(max_epochs="auto", random_state=seed).fit(X)
        assert fitted.scale_[0] < 3 * np.delete(X, 5, axis=0)[:, 0].std()
        found.append((fitted.predict(anomalous) == -1).mean())
        ranking.append(roc_auc_score(is_outlier[kept], -fitted.score_samples(X[kept])))
    assert np.median(found) > 0.9
    assert np.median(ranking) > 0.9


def test_a_sample_has_the_same_score_alone_and_in_a_batch():
    X = np.random.RandomState(0).randn(300, 8) @ np.random.RandomState(1).randn(8, 20)
    for contamination in ("auto", 0.05):
        fitted = detector(contamination=contamination, max_epochs=3).fit(X)
        close = np.argsort(np.abs(fitted.decision_function(X)))[:60]  # to the threshold
        for judge in (fitted.predict, fitted.p_values):
            alone = np.concatenate([judge(row[None]) for row in X[close]])
            np.testing.assert_array_equal(judge(X)[close], alone)
    X = np.ones((50, 5))
    assert (detector().fit(X).predict(X[:1]) == 1).all()


def test_a_single_feature_is_reconstructed():
    rng = np.random.RandomState(0)
    X = np.concatenate([rng.normal(-4, 1, (150, 1)), rng.normal(4, 1, (150, 1))])
    between, at_home = detector(max_epochs="auto").fit(X).score_samples([[0.0], [4.0]])
    assert between < at_home


def test_a_batch_without_values_keeps_a_constant():
    X = np.column_stack([table(), np.full(80, 5.0)])
    gap = X.copy()
    gap[:, 6] = np.nan
    fitted = detector().partial_fit(X)
    anomalous = X[:1].copy()
    anomalous[0, 6] = 6.0
    before = fitted.score_samples(anomalous)
    after = fitted.partial_fit(gap).score_samples(anomalous)
    np.testing.assert_allclose(after, before, rtol=0.3)


@pytest.mark.parametrize("unit", [1e-4, 1e4])
def test_units_do_not_matter_where_a_batch_does_not_vary(unit):
    def score(unit):
        rng = np.random.RandomState(0)
        first = np.column_stack([table(200), rng.randint(2, size=200) * unit])
        second = np.column_stack([table(200, seed=1), np.zeros(200)])
        fitted = detector().partial_fit(first).partial_fit(second)
        return fitted.score_samples(np.append(first[0, :6], 5 * unit)[None])

    # the held-out samples are determined by their values
    np.testing.assert_allclose(score(unit), score(1.0), rtol=0.5)


def test_prototypes_of_data_far_from_zero_are_the_same_in_single_precision():
    X = np.random.RandomState(0).normal(size=(200, 8)) + 1e4
    fitted = AutoencoderOutlierDetector(scaling=None, max_epochs=2, random_state=0).fit(X)
    single = X.astype(np.float32)
    expected = fitted.score_samples(single.astype(np.float64))
    np.testing.assert_allclose(fitted.score_samples(single), expected, rtol=1e-2)


def test_a_partial_fit_of_few_samples_replaces_no_prototypes():
    X = np.random.RandomState(0).normal(size=(50, 3))
    fitted = AutoencoderOutlierDetector(random_state=0).partial_fit(X)
    before = fitted.network_.prototypes.inputs.clone()
    fitted.partial_fit(X[:1])
    assert torch.equal(fitted.network_.prototypes.inputs, before)
