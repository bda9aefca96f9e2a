"""Probabilities that unlabeled samples are trained on: spreading, regression, their choice."""

from contextlib import nullcontext
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from estimators import quick
from helpers import assert_same, outputs, table, weights
from scipy.special import log_softmax, softmax
from sklearn.datasets import load_digits, make_classification, make_moons
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sklearn_autoencoders import AutoencoderClassifier, AutoencoderTransformer
from sklearn_autoencoders._data.data import Data
from sklearn_autoencoders._data.statistics.label_spreading import Spreading, with_masses
from sklearn_autoencoders._data.statistics.neighbors import NeighborSearch
from sklearn_autoencoders._data.statistics.scaling import Scaling
from sklearn_autoencoders._training import pseudo_labels
from sklearn_autoencoders._training.pseudo_labels import with_pseudo_labels
from sklearn_autoencoders._utils.layout import Layout
from sklearn_autoencoders.networks._models.ensemble_head import EnsembleHead
from sklearn_autoencoders.networks._models.predictor import LinearHead
from sklearn_autoencoders.objectives import PseudoLabels


def classifier(**params):
    return quick(AutoencoderClassifier, n_components=4, pretraining_epochs=1, **params)


def clusters(n_samples=90, seed=0):
    """Return samples near three centers, and the center of each."""
    rng = np.random.RandomState(seed)
    y = np.arange(n_samples) % 3
    return rng.randn(n_samples, 5) + 4 * np.eye(3, 5)[y], y


def partly(y, n_known=12):
    return np.where(np.arange(len(y)) < n_known, y, -1)


def graph_of(X, n_neighbors=3, rows=None):
    rows = np.arange(len(X)) if rows is None else rows
    n_features = X.shape[1]
    units = Scaling(np.zeros(n_features), np.ones(n_features))
    search = NeighborSearch(n_neighbors)
    return search(X, rows, Layout.of_numbers(n_features), units, np.random.RandomState(0)), rows


def filled(X, y, weight=None, known=None, scaled_by=None):
    """Return the labels of all samples, with probabilities where they are missing."""
    scaled_by = clusters() if scaled_by is None else scaled_by
    fitted = classifier(pretraining=None, max_epochs=1).fit(*scaled_by)
    labels = np.where((y >= 0)[:, None], np.eye(3)[y], np.nan)
    data = Data(X, weight, labels=labels, held_out=known)
    return with_pseudo_labels(
        PseudoLabels(3), fitted._model, data, np.random.RandomState(0), False
    ).labels


# ---------------------------------------------------------------------------------- identities


def test_spreading_solves_the_linear_system():
    X, y = clusters(40)
    rows = np.arange(12)
    graph, everything = graph_of(X)
    spreading = Spreading.over(graph, everything, 0.5)
    adjacency = np.zeros((40, 40))
    np.put_along_axis(adjacency, graph.nearest.astype(int), 1, axis=1)
    adjacency = np.maximum(adjacency, adjacency.T)
    root = np.diag(adjacency.sum(1) ** -0.5)
    start = np.zeros((40, 3))
    start[rows] = np.eye(3)[y[rows]]
    expected = np.linalg.solve(np.eye(40) - 0.5 * root @ adjacency @ root, 0.5 * start)
    expected /= np.maximum(expected.sum(1, keepdims=True), 1e-30)
    found = spreading(start[rows], rows, np.ones(12))
    np.testing.assert_allclose(found, expected, atol=1e-5)


def test_a_copy_is_a_sample_of_weight_two():
    X, y = clusters()
    y = partly(y, 30)
    chosen = np.r_[np.arange(90), :10, 60:70]
    once = filled(X, y, 1.0 + np.bincount(chosen[90:], minlength=90))
    twice = filled(X[chosen], y[chosen])
    np.testing.assert_allclose(twice[:90], once, atol=1e-4)


def test_a_label_is_predicted_without_the_labels_of_its_fold(monkeypatch):
    found = []
    monkeypatch.setattr(
        pseudo_labels, "_best", lambda *parts: found.append(parts) or (parts[1].all, "")
    )
    X, y = clusters()
    for changed in (False, True):
        known = partly(y)
        known[4] = (known[4] + changed) % 3
        filled(X, known)
    for before, after in zip([found[0][1], *found[0][2]], [found[1][1], *found[1][2]], strict=True):
        fold = found[0][0].fold
        own = fold == fold[4]
        np.testing.assert_allclose(before.held_out[own], after.held_out[own], atol=0.1)
        assert not np.allclose(before.held_out[~own], after.held_out[~own], atol=0.1)


def predictions(y, n_errors):
    """Return logits of a model, wrong for the first samples."""
    logits = 0.5 * np.eye(3)[y]
    logits[:n_errors] = np.roll(logits[:n_errors], 1, axis=1)
    return pseudo_labels._Prediction(logits, logits)


@pytest.mark.parametrize(
    ("n_errors", "of_regression", "is_spread"), [(0, 20, True), (0, 1, False), (20, 0, False)]
)
def test_labels_are_spread_if_that_has_fewer_errors_beyond_noise(
    n_errors, of_regression, is_spread
):
    y = np.arange(30) % 3
    known = pseudo_labels._Known(np.arange(30), np.ones(30), np.zeros(30, dtype=int), np.eye(3)[y])
    graph, regression = predictions(y, n_errors), predictions(y, of_regression)
    found, source = pseudo_labels._best(known, regression, [graph])
    expected = np.eye(3)[graph.all.argmax(1)] if is_spread else softmax(regression.all, 1)
    np.testing.assert_allclose(found, expected)
    assert source == ("label_spreading" if is_spread else "logistic_regression")


def test_of_equal_errors_the_lower_log_loss_counts():
    y = np.arange(30) % 3
    known = pseudo_labels._Known(np.arange(30), np.ones(30), np.zeros(30, dtype=int), np.eye(3)[y])
    weak, strong = np.eye(3)[y], 2 * np.eye(3)[y]
    loss = -log_softmax(weak, 1)[np.arange(30), y].mean()
    assert known.score(weak) == pytest.approx(1e-3 * loss)
    assert known.score(strong) < known.score(weak) < known.score(np.roll(strong, 1, axis=1))


def test_shares_have_the_masses_of_the_labels():
    shares = np.array([[0.9, 0.1], [0.8, 0.2], [0.0, 0.0]])
    found = with_masses(shares, np.array([1.0, 3.0, 1.0]), np.array([2.0, 6.0]))
    factor = np.array([2 / (0.9 + 2.4), 6 / (0.1 + 0.6)])
    expected = shares[:2] * factor / (shares[:2] @ factor)[:, None]
    np.testing.assert_allclose(found[:2], expected)
    np.testing.assert_array_equal(found[2], 0)


def test_few_labels_do_not_give_one_class_for_all_samples():
    X, y = make_classification(500, 20, n_classes=3, n_informative=6, random_state=0)
    labels = filled(X, partly(y, 40), scaled_by=(X, y))[40:]
    regression = make_pipeline(StandardScaler(), LogisticRegression()).fit(X[:40], y[:40])
    assert (labels.argmax(1) == y[40:]).mean() > regression.score(X[40:], y[40:]) - 0.05
    assert (np.bincount(labels.argmax(1), minlength=3) > 30).all()


# ------------------------------------------------------------------------- in the classifier


def test_all_samples_are_trained_on_and_known_labels_stay():
    X, y = clusters()
    fitted = filled(X, partly(y))
    np.testing.assert_array_equal(fitted[:12], np.eye(3)[y[:12]])
    np.testing.assert_allclose(fitted.sum(1), 1)
    assert (fitted.argmax(1) == y).mean() > 0.95


@pytest.mark.filterwarnings("ignore:pseudo_labels=.*no effect")
@pytest.mark.parametrize("params", [{}, {"head": "ensemble"}], ids=str)
def test_nothing_changes_without_unlabeled_samples_or_with_an_ensemble(params):
    X, y = table(60), clusters(60)[1]
    y = partly(y) if params else y
    plain = classifier(pseudo_labels=None, **params).fit(X, y)
    auto = classifier(pseudo_labels="auto" if params else PseudoLabels(), **params)
    warns = nullcontext() if params else pytest.warns(UserWarning, match="no sample got a pseudo")
    with warns:
        auto.fit(X, y)
    assert_same(outputs(plain, X, y), outputs(auto, X, y))


def test_given_pseudo_labels_are_not_ignored_by_the_choice_of_the_head():
    X, y = clusters(60)
    frame = pd.DataFrame(X).add_prefix("x").assign(kind=np.where(X[:, 0] > 1, "a", "b"))
    given = classifier(pseudo_labels=PseudoLabels(3)).fit(frame, partly(y))
    assert type(given.network_.head) is LinearHead
    assert given.pseudo_label_source_ is not None
    for part in ("auto", None):
        fitted = classifier(pseudo_labels=part).fit(frame, partly(y))
        assert type(fitted.network_.head) is EnsembleHead
    message = r"pseudo_labels=PseudoLabels\(\) cannot be given together with head='ensemble'"
    with pytest.raises(ValueError, match=message):
        classifier(pseudo_labels=PseudoLabels(), head="ensemble").fit(X, partly(y))


@pytest.mark.parametrize("n_known", [1, 2])
def test_too_few_labels_to_hold_out_any(n_known):
    X = clusters(60)[0]
    known = np.where(np.arange(60) < n_known, 1, -1)
    for part in (None, "auto"):
        fitted = classifier(pseudo_labels=part, missing_label=-1).fit(X, known)
        assert (fitted.predict(X) == 1).all()


def test_validation_labels_are_not_spread():
    X, y = clusters()
    known = partly(y, 30)
    wrong = known.copy()
    wrong[:5] = (wrong[:5] + 1) % 3
    found = [filled(X, labels, known=np.arange(5)) for labels in (known, wrong)]
    np.testing.assert_array_equal(found[0][30:], found[1][30:])


def test_unlabeled_samples_have_the_expected_weight_of_their_class():
    X, y = clusters()
    data = Data(X, labels=np.where(np.arange(90)[:, None] < 12, np.eye(3)[y], np.nan))
    factor = np.array([1.0, 2.0, 5.0])
    weight = np.where(np.arange(90) < 12, factor[y], 1.0)
    model = classifier(pretraining=None).fit(X, y)._model
    settings = PseudoLabels(), model, replace(data, label_weight=weight)
    found = with_pseudo_labels(*settings, np.random.RandomState(0), False)
    plain = with_pseudo_labels(*settings[:2], data, np.random.RandomState(0), False)
    expected = np.append(weight[:12], plain.labels[12:] @ factor)
    scale = 90 / expected.sum()
    np.testing.assert_allclose(found.label_weight, scale * expected)
    # so that the loss of a sample is the expected weighted log loss
    losses = found.label_weight[12:, None] * found.labels[12:]
    np.testing.assert_allclose(losses, scale * factor * plain.labels[12:])


@pytest.mark.parametrize("class_weight", ["balanced", {0: 0.1, 1: 0.3, 2: 0.2}], ids=str)
def test_weights_are_copies_also_with_weights_of_classes(class_weight):
    X, y = clusters()
    rows = np.random.RandomState(1).permutation(len(X))[:32]
    X, y = X[rows], partly(y[rows], 12)
    weight = np.random.RandomState(0).randint(1, 3, len(X))
    params = {"class_weight": class_weight, "dtype": "float64"}
    weighted = classifier(**params).fit(X, y, sample_weight=weight)
    copied = classifier(**params).fit(np.repeat(X, weight, axis=0), np.repeat(y, weight))
    assert weighted.pseudo_label_source_ == copied.pseudo_label_source_ is not None
    np.testing.assert_allclose(weighted.predict_proba(X), copied.predict_proba(X), atol=1e-6)


def test_the_codes_of_a_given_encoder_are_searched(monkeypatch):
    found = []
    spread = pseudo_labels._spread
    monkeypatch.setattr(
        pseudo_labels,
        "_spread",
        lambda part, space, *a: found.append(space) or spread(part, space, *a),
    )
    X, y = clusters()
    encoder = quick(AutoencoderTransformer, n_components=2).fit(X)
    quick(AutoencoderClassifier, encoder=encoder).fit(X, partly(y))
    np.testing.assert_allclose(found[-1][0], encoder.transform(X), rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize(
    ("part", "match"),
    [(PseudoLabels(0), "'n_neighbors' parameter"), (PseudoLabels(alpha=1.0), "'alpha' parameter")],
    ids=str,
)
def test_invalid_parameters(part, match):
    X, y = clusters()
    with pytest.raises(ValueError, match=match):
        classifier(pseudo_labels=part).fit(X, partly(y))


def test_it_helps_where_classes_are_clusters_and_does_no_harm_elsewhere():
    X, y = (array[:500] for array in load_digits(return_X_y=True))
    settings = {"max_epochs": 6, "pretraining_epochs": 1, "n_components": 16, "random_state": 0}
    known = partly(y, 50)
    scores = [
        AutoencoderClassifier(pseudo_labels=part, **settings).fit(X, known).score(X[50:], y[50:])
        for part in (None, "auto")
    ]
    assert scores[1] > scores[0] + 0.03
    noisy = np.random.RandomState(0).randn(300, 20)
    direction = (noisy[:, 0] + 0.5 * noisy[:, 1] > 0).astype(int)
    fitted = AutoencoderClassifier(**settings).fit(noisy, partly(direction, 60))
    linear = make_pipeline(StandardScaler(), LogisticRegression(C=0.1))
    linear.fit(noisy[:60], direction[:60])
    rest = noisy[60:], direction[60:]
    assert fitted.score(*rest) > linear.score(*rest) - 0.02


def test_two_fits_are_the_same():
    X, y = clusters()
    first, second = (classifier().fit(X, partly(y)) for _ in range(2))
    for name, array in weights(first).items():
        np.testing.assert_array_equal(array, weights(second)[name])


# --------------------------------------------------------------------- labels that do not arrive


def test_where_no_label_arrives_the_regression_predicts():
    rng, blob = np.random.RandomState(0), np.repeat([0, 1, 2], 100)
    X = rng.randn(300, 4) + np.array([[0, 0, 0, 0], [10, 0, 0, 0], [10, 10, 0, 0]])[blob]
    y = (blob > 0).astype(int)  # the third blob continues the second, and has no label
    given = np.where((blob < 2) & (np.arange(300) % 10 == 0), y, -1)
    fitted = quick(AutoencoderClassifier, n_components=2, max_epochs=30).fit(X, given)
    assert fitted.score(X[blob == 2], y[blob == 2]) > 0.95


def test_labels_arrive_along_two_moons():
    X, y = make_moons(1500, noise=0.03, random_state=0)
    outer = np.where(y == 0, -X[:, 0], X[:, 0])  # largest at one end of each moon
    known = np.concatenate([np.flatnonzero(y == k)[np.argsort(-outer[y == k])[:8]] for k in (0, 1)])
    graph, rows = graph_of(X, 7)
    shares = Spreading.over(graph, rows, 0.99)(np.eye(2)[y[known]], known, np.ones(16))
    assert (shares.argmax(axis=1) == y).mean() > 0.99
    assert (shares.sum(axis=1) > 0.99).all()


def test_the_source_is_an_attribute():
    X, y = clusters()
    assert classifier().fit(X, partly(y)).pseudo_label_source_ in (
        "logistic_regression",
        "label_spreading",
    )
    assert classifier().fit(X, y).pseudo_label_source_ is None
    assert classifier(pseudo_labels=None).fit(X, partly(y)).pseudo_label_source_ is None
