"""generation_report: zero or one if the correct value is known."""

import numpy as np
import pandas as pd
import pytest
from helpers import snapshot, table

from sklearn_autoencoders.metrics import generation_report


@pytest.fixture(scope="module")
def real():
    return table(300)


def test_new_samples_of_the_same_distribution_cannot_be_distinguished(real):
    report = generation_report(real, table(300, seed=1), random_state=0)
    assert report.column_distance.max() < 0.15
    np.testing.assert_allclose(report.std_ratio, 1, atol=0.15)
    assert report.correlation_difference < 0.05
    assert 0.4 < report.two_sample_auc < 0.6
    assert 0.8 < report.nearest_ratio < 1.3
    assert report.share_of_copies < 0.05
    assert "utility" not in report


def test_shuffled_features_keep_their_margins_and_lose_their_correlations(real, rng):
    shuffled = np.column_stack([rng.permutation(column) for column in real.T])
    report = generation_report(real, shuffled, random_state=0)
    np.testing.assert_allclose(report.column_distance, 0)
    np.testing.assert_allclose(report.std_ratio, 1)
    expected = np.abs(np.corrcoef(real.T)[np.triu_indices(6, 1)]).mean()
    assert report.correlation_difference == pytest.approx(expected, abs=0.1)
    assert report.two_sample_auc > 0.95


def test_copies_are_found(real):
    report = generation_report(real, real + 1e-9, random_state=0)
    assert report.nearest_ratio < 1e-3
    assert report.share_of_copies == 1


def test_categorical_features_are_compared_by_frequency():
    real = np.column_stack([np.tile([0.0, 1.0], 50), np.arange(100.0)])
    synthetic = np.column_stack([np.tile([0.0, 0.0, 1.0, 2.0], 25), np.arange(100.0)])
    assert generation_report(real, synthetic).column_distance == pytest.approx([0.25, 0])


@pytest.mark.parametrize("threshold", [0.5, None])
def test_samples_of_the_same_distribution_are_equally_useful(real, threshold):
    other = table(300, seed=1)
    targets = [
        rows[:, 0] if threshold is None else rows[:, 0] > threshold for rows in (real, other)
    ]
    report = generation_report(real, other, *targets, random_state=0)
    assert report.utility == pytest.approx(1, abs=0.05)
    assert report.utility == pytest.approx(report.synthetic_score / report.real_score)


def test_a_constant_feature_has_no_ratio(real):
    constant = np.full((300, 1), 7.0)
    report = generation_report(np.hstack([real, constant]), np.hstack([real, constant]))
    assert np.isnan(report.std_ratio[6])
    assert report.column_distance[6] == 0
    assert np.isfinite(report.correlation_difference)


def test_the_same_seed_gives_the_same_report_and_touches_nothing_global(real):
    before = snapshot()
    first, second = (generation_report(real, table(300, seed=1), random_state=3) for _ in range(2))
    assert snapshot() == before
    assert first.two_sample_auc == second.two_sample_auc


def test_invalid_data_are_rejected(real):
    with pytest.raises(ValueError, match="real has 6 features and synthetic has 5"):
        generation_report(real, real[:, :5])
    with pytest.raises(ValueError, match="y_real and y_synthetic must be given together"):
        generation_report(real, real, real[:, 0])


def test_copies_are_found_among_duplicate_samples(real):
    repeating = np.vstack([real, real[:10]])
    assert generation_report(repeating, repeating.copy()).share_of_copies == 1


def test_the_order_of_the_samples_does_not_matter(real):
    order = np.argsort(real[:, 0])
    reports = [
        generation_report(rows, rows, rows[:, 0], rows[:, 0], random_state=0)
        for rows in (real, real[order])
    ]
    assert reports[1].real_score == pytest.approx(reports[0].real_score, abs=0.02)


def test_inconsistent_data_are_rejected(real):
    frame = pd.DataFrame(real, columns=list("abcdef"))
    with pytest.raises(ValueError, match=r"real has the columns \['a', .* in the same order"):
        generation_report(frame, frame[list("fedcba")])
    with pytest.raises(ValueError, match="synthetic contains NaN"):
        generation_report(real, np.where(real > 0.9, np.nan, real))
    with pytest.raises(ValueError, match="minimum of 5 is required"):
        generation_report(real, real[:1])
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        generation_report(real, real, real[:, 0], real[:5, 0])
