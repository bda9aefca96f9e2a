"""Labels: the same in every container, with and without missing ones."""

import warnings

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from containers import KINDS
from containers import LABEL_CONTAINERS as CONTAINERS
from containers import every_container as every_sample_container
from estimators import quick
from helpers import table
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.decomposition import PCA
from sklearn.model_selection import StratifiedKFold

from sklearn_autoencoders import (
    AutoencoderClassifier,
    AutoencoderFeatureUnion,
    AutoencoderRegressor,
    VAEGenerator,
)
from sklearn_autoencoders._estimators.cross_fitting import partition
from sklearn_autoencoders._training.head_initialization import fit_logistic
from sklearn_autoencoders._utils.labels import Labels
from sklearn_autoencoders.inspection._labels import as_labels

every_container = pytest.mark.parametrize("container", CONTAINERS.values(), ids=CONTAINERS)
every_kind = pytest.mark.parametrize("kind", KINDS)


def classifier(**params):
    return quick(AutoencoderClassifier, n_components=2, max_epochs=1, pretraining=None, **params)


def labels_of(kind):
    """Return labels for `table(24)`, one third of which is missing."""
    return [*KINDS[kind], None] * 8


def unlike(kind):
    return {"bool": "b", "int": "iu", "str": "OUT"}[kind]


@every_container
@every_kind
def test_missing_values_mark_unlabeled_samples(kind, container):
    y = labels_of(kind)
    known = np.array([label is not None for label in y])
    fitted = classifier(missing_label=None).fit(table(24), container(y, kind))
    alone = classifier().fit(table(24)[known], np.array([v for v in y if v is not None]))
    assert fitted.classes_.tolist() == sorted(KINDS[kind])
    assert fitted.classes_.dtype.kind in unlike(kind)
    assert set(fitted.predict(table(24)).tolist()) <= {*KINDS[kind]}
    assert alone.classes_.tolist() == fitted.classes_.tolist()


@every_container
@every_kind
@pytest.mark.parametrize("cv", [2, StratifiedKFold(2)], ids=["number", "splitter"])
def test_folds_of_labels_of_which_some_are_missing(kind, container, cv):
    """They are stratified, with the samples without a label as one more class."""
    y = labels_of(kind)
    codes = [[*KINDS[kind], None].index(label) for label in y]
    expected = partition(cv, table(24), np.array(codes), 0)
    found = partition(cv, table(24), container(y, kind), 0)
    for a, b in zip(found, expected, strict=True):
        np.testing.assert_array_equal(a[1], b[1])
    union = AutoencoderFeatureUnion(classifier(missing_label=None), cross_fit=cv, random_state=0)
    assert union.fit_transform(table(24), container(y, kind)).shape == (24, 8)


@pytest.mark.parametrize("numbers", [[0.5, None] * 12, [[1, 2]] * 24, np.linspace(0, 1, 24)])
def test_folds_of_targets_that_are_no_labels_are_not_stratified(numbers):
    found, expected = (partition(2, table(24), y, 0) for y in (numbers, None))
    for a, b in zip(found, expected, strict=True):
        np.testing.assert_array_equal(a[1], b[1])


def test_folds_of_labels_in_a_single_column_do_not_warn():
    y = np.array(labels_of("int")[:2] * 12)
    expected = partition(2, table(24), y, 0)
    for column in (y[:, None], y[:, None].tolist(), pd.DataFrame({"y": y}), pa.table({"y": y})):
        for a, b in zip(partition(2, table(24), column, 0), expected, strict=True):
            np.testing.assert_array_equal(a[1], b[1])


@every_container
@every_kind
def test_missing_values_get_the_same_advice(kind, container):
    advice = "unlabeled ones, set missing_label=None. To mark them by {} instead, replace"
    for params, marker in (({}, "-1"), ({"missing_label": "no"}, "'no'")):
        advised = f"8 of 24 labels are missing.*{advice.format(marker)}"
        with pytest.raises(ValueError, match=advised):
            classifier(**params).fit(table(24), container(labels_of(kind), kind))


@every_container
@every_kind
def test_labels_without_missing_values_keep_their_type(kind, container):
    y = container([*KINDS[kind]] * 12, kind)
    fitted = classifier().fit(table(24), y)
    assert fitted.classes_.tolist() == sorted(KINDS[kind])
    assert fitted.classes_.dtype.kind in unlike(kind)


@every_container
@every_kind
def test_labels_of_a_conditional_model(kind, container):
    X = table(24)
    generator = quick(VAEGenerator, n_components=2, max_epochs=1, conditional="labels")
    generator.fit(X, container([*KINDS[kind]] * 12, kind))
    assert generator.classes_.tolist() == sorted(KINDS[kind])
    assert generator.classes_.dtype.kind in unlike(kind)
    asked = container([*KINDS[kind]] * 2, kind)
    expected = generator.sample(4, y=[*KINDS[kind]] * 2, random_state=0)
    np.testing.assert_array_equal(generator.sample(4, y=asked, random_state=0), expected)
    with pytest.raises(ValueError, match=r"y contains NaN or other missing values"):
        generator.fit(X, container(labels_of(kind), kind))


@every_kind
def test_minus_one_beside_labels_of_another_type_in_an_array_of_objects(kind):
    y = [-1 if label is None else label for label in labels_of(kind)]
    for container in (y, np.array(y, dtype=object), pd.Series(y, dtype=object)):
        union = AutoencoderFeatureUnion(classifier(), cross_fit=2, random_state=0)
        assert union.fit_transform(table(24), container).shape == (24, 8)
        fitted = classifier().fit(table(24), container)
        assert fitted.classes_.tolist() == sorted(KINDS[kind])
        assert fitted.classes_.dtype.kind in unlike(kind)


@pytest.mark.parametrize("marker", ["unknown", 7, 0])
def test_any_label_can_mark_unlabeled_samples(marker):
    y = np.array(["x", "y", marker] if isinstance(marker, str) else [-1, 1, marker]).repeat(8)
    fitted = classifier(missing_label=marker).fit(table(24), y)
    assert marker not in fitted.classes_.tolist()
    assert len(fitted.classes_) == 2


@every_sample_container
def test_several_columns_are_refused(convert):
    y = convert(pd.DataFrame({"a": [0.0, 1.0] * 12, "b": [0.0, 1.0] * 12}))
    with pytest.raises(ValueError, match=r"y should be a 1d array, got an array of shape \(24"):
        classifier().fit(table(24), y)


def test_labels_of_different_types_are_refused():
    for y in (np.array([True, "a"] * 12, dtype=object), np.array([1, "a", -1] * 8, dtype=object)):
        with pytest.raises(ValueError, match=r"labels of different types: \w+, str\. Convert"):
            classifier().fit(table(24), y)


@pytest.mark.parametrize("values", [(-1, 0, 1), (-1.0, 0.0, 1.0), (-2, -1, 0, 1, 2), (-1, 0, 1, 2)])
def test_a_class_of_minus_one_among_ordered_integers(values):
    y = np.resize(values, 60)
    with pytest.warns(UserWarning, match="If -1 is a class, set missing_label=None"):
        fitted = classifier().fit(table(60), y)
    assert -1 not in fitted.classes_
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert classifier(missing_label=None).fit(table(60), y).classes_.tolist() == [*values]
        assert -1 not in classifier(missing_label=-1).fit(table(60), y).classes_


@pytest.mark.parametrize("other", [0, 5, 2.0])
def test_a_class_next_to_minus_one_that_may_mark_unlabeled_samples(other):
    y = np.resize([-1, other], 60)
    with pytest.warns(
        UserWarning, match=rf"only -1 \(30 of 60 .* and {other}, which are used as .*"
    ):
        assert classifier().fit(table(60), y).classes_.tolist() == [-1, other]
    assert classifier(missing_label=None).fit(table(60), y).classes_.tolist() == [-1, other]
    assert classifier(missing_label=-1).fit(table(60), y).classes_.tolist() == [other]


@pytest.mark.parametrize("values", [(-1, 1), (-1.0, 1.0)])
def test_the_usual_labels_of_two_classes_do_not_warn(values):
    assert classifier().fit(table(60), np.resize(values, 60)).classes_.tolist() == [-1, 1]


@pytest.mark.parametrize("negative", [50, 54, 55, 58])
def test_two_usual_labels_of_which_nearly_all_are_minus_one(negative):
    y = np.where(np.arange(60) < negative, -1, 1)
    with warnings.catch_warnings(record=True) as found:
        warnings.simplefilter("always")
        assert classifier().fit(table(60), y).classes_.tolist() == [-1, 1]
    messages = [str(one.message) for one in found if "missing_label=-1" in str(one.message)]
    assert len(messages) == (negative > 54)
    classifier(missing_label=None).fit(table(60), -y)
    classifier().fit(table(60), -y)


def test_many_unlabeled_samples_do_not_warn():
    y = np.resize([0, 1, 2], 60)
    y[15:] = -1
    assert classifier().fit(table(60), y).classes_.tolist() == [0, 1, 2]


@pytest.mark.parametrize("n_classes", [10, 20, 29, 30, 40])
def test_many_rare_classes_do_not_warn(n_classes):
    y = np.full(80, -1)
    y[:40] = np.resize(np.arange(n_classes), 40)
    others = (y.astype(str), pd.Series(y, dtype="Int64")) if n_classes == 40 else ()
    for labels in (y, *others):
        fitted = classifier(missing_label=labels[79]).fit(table(80), labels)
        assert len(fitted.classes_) == n_classes
    generator = quick(VAEGenerator, n_components=2, max_epochs=1)
    generator.set_params(conditional="labels").fit(table(80)[:40], y[:40])
    assert len(generator.classes_) == n_classes


def test_heads_of_rare_classes_are_those_of_repeated_samples():
    codes, labels = np.random.RandomState(0).randn(30, 4), np.eye(20)[np.arange(30) % 20]
    found = fit_logistic(codes, labels, np.ones(30), 1.0)
    repeated = fit_logistic(codes.repeat(2, 0), labels.repeat(2, 0), np.full(60, 0.5), 1.0)
    for a, b in zip(found, repeated, strict=True):
        np.testing.assert_array_equal(a, b)


def test_folds_of_rare_classes_do_not_warn():
    X, y = table(40), np.r_[np.zeros(20), np.arange(20)].astype(int)
    union = AutoencoderFeatureUnion(PCA(2), cross_fit=3, random_state=0)
    assert len(union.fit_transform(X, y)) == 40


@pytest.mark.parametrize("missing", [None, np.nan, pd.NA])
@pytest.mark.parametrize("n_outputs", [1, 2])
def test_targets_that_are_missing_in_an_array_of_objects(missing, n_outputs):
    y = np.linspace(0, 1, 24 * n_outputs).reshape(24, n_outputs).astype(object)
    y[::3] = missing
    y = y[:, 0] if n_outputs == 1 else y
    regressor = quick(AutoencoderRegressor, n_components=2, max_epochs=1, pretraining=None)
    expected = regressor.fit(table(24), y).predict(table(24))
    for same in (y.tolist(), (pd.Series if n_outputs == 1 else pd.DataFrame)(y)):
        np.testing.assert_array_equal(regressor.fit(table(24), same).predict(table(24)), expected)


@settings(deadline=None, max_examples=50)
@given(st.data(), st.sampled_from(sorted(KINDS)), st.sampled_from(sorted(CONTAINERS)))
def test_labels_do_not_depend_on_the_container(data, kind, name):
    values = st.sampled_from([*KINDS[kind], None])
    y = data.draw(st.lists(values, min_size=4, max_size=12).filter(lambda y: {*y} != {None}))
    found = Labels.of(CONTAINERS[name](y, kind))
    assert found.of_one_type().tolist() == [label for label in y if label is not None]
    assert found.is_known.tolist() == [label is not None for label in y]


@every_container
@every_kind
def test_labels_of_displays(kind, container):
    y = labels_of(kind)
    expected = as_labels(np.array(y, dtype=object), "y")
    np.testing.assert_array_equal(as_labels(container(y, kind), "y"), expected)


def test_the_string_nan_is_a_label():
    assert as_labels(np.array(["nan", "a", None], dtype=object), "y").tolist()[:2] == ["nan", "a"]
