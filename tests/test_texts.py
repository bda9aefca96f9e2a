"""Texts in every estimator: lists of strings as rows of categories."""

import numpy as np
import pandas as pd
import pytest
import torch
from sklearn.base import clone
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import cross_val_score

from sklearn_autoencoders import (
    AutoencoderClassifier,
    AutoencoderOutlierDetector,
    AutoencoderTransformer,
    AutoregressiveGenerator,
    DenoisingAutoencoder,
    VAEGenerator,
    load,
    save,
)
from sklearn_autoencoders._data.batches import SampleDataset
from sklearn_autoencoders._data.data import Data
from sklearn_autoencoders._data.tables.column_kinds import Limits
from sklearn_autoencoders._data.tables.texts import Texts, texts_of
from sklearn_autoencoders._inference.run import run
from sklearn_autoencoders._utils.layout import Layout
from sklearn_autoencoders.corruptions import Masking
from sklearn_autoencoders.inspection import ReconstructionDisplay, WeightsDisplay
from sklearn_autoencoders.metrics import generation_report

TEXTS = ["to be", "or not", "to be", "that", "is", "the", "question", "be or not"] * 8
SETTINGS = {"max_epochs": 3, "random_state": 0}


@pytest.fixture(scope="module")
def transformer():
    return AutoencoderTransformer(8, max_epochs=60, random_state=0).fit(TEXTS)


def test_cells_are_decoded_to_the_texts():
    texts = ["ab", "", "bca", "äß🙂"]
    learned, cells = Texts.learn(texts, Limits())
    assert learned.decode(cells) == texts
    assert cells.shape == (4, 4)
    assert Texts.from_dict(learned.to_dict()) == learned
    np.testing.assert_array_equal(learned.encode(texts), cells)


def test_the_end_follows_the_last_symbol_and_is_followed_by_missing_cells():
    learned, cells = Texts.learn(["ab", "a"], Limits())
    assert (learned.symbols, learned.end) == (["a", "b"], 2)
    np.testing.assert_array_equal(cells, [[0, 1, 2], [0, 2, np.nan]])


def test_decoded_texts_are_not_longer_than_those_of_the_fit():
    learned, _ = Texts.learn(["ab", "a"], Limits())
    assert learned.decode(np.zeros((1, 3))) == ["aa"]
    learned, _ = Texts.learn(["ab", "a"], Limits(chunk_size=64))
    assert learned.decode(np.zeros((1, 3))) == ["aaa"]


def test_infrequent_and_unknown_symbols_are_missing():
    learned, cells = Texts.learn(["aab", "aac"], Limits(max_categories=2))
    np.testing.assert_array_equal(learned.encode(learned.restore(cells)), cells)
    assert learned.symbols == ["a"]
    np.testing.assert_array_equal(cells[0], [0, 0, np.nan, 1])
    assert np.isnan(learned.encode(["z"])[0, 0])
    assert learned.with_unknown(["az"]) == ["z"]


@pytest.mark.parametrize("container", [list, tuple, np.array, pd.Series], ids=lambda c: c.__name__)
def test_containers_of_texts(transformer, container):
    codes = transformer.transform(container(TEXTS[:4]))
    np.testing.assert_array_equal(codes, transformer.transform(TEXTS[:4]))


def test_texts_are_reconstructed(transformer):
    assert transformer.reconstruct(TEXTS[:8]) == TEXTS[:8]
    assert transformer.inverse_transform(transformer.transform(TEXTS[:8])) == TEXTS[:8]
    assert transformer.score(TEXTS) > 0.9
    assert transformer.n_features_in_ == len("be or not") + 1


def test_the_scaling_is_that_of_the_symbols(transformer):
    n_symbols = len(set("".join(TEXTS))) + 1
    by_position = transformer.center_.reshape(-1, n_symbols)
    assert (by_position == by_position[0]).all()
    counts = np.array([sum(text.count(s) for text in TEXTS) for s in transformer._columns.symbols])
    frequencies = counts / (counts.sum() + len(TEXTS))
    np.testing.assert_allclose(by_position[0, :-1], frequencies, atol=1e-5)


def test_cells_after_the_end_are_no_inputs(transformer):
    samples = SampleDataset(transformer._model, Data(transformer._columns.encode(["is"])))
    inputs = run(transformer._model, samples, lambda network, batch: network.inputs(batch))
    is_used = inputs.reshape(-1, transformer._columns.n_symbols).any(1)
    np.testing.assert_array_equal(is_used, np.arange(len(is_used)) < 3)


def test_saved_texts(transformer, tmp_path):
    path = tmp_path / "model.skops"
    save(transformer, path)
    loaded = load(path)
    np.testing.assert_array_equal(loaded.transform(TEXTS), transformer.transform(TEXTS))
    assert loaded.reconstruct(["to be"]) == ["to be"]


def test_generated_texts_consist_of_known_symbols():
    generator = VAEGenerator(2, **SETTINGS).fit(TEXTS)
    texts = generator.sample(20, random_state=0)
    assert len(texts) == 20
    assert set("".join(texts)) <= set("".join(TEXTS))
    path = generator.interpolate(["to be"], ["question"], n_steps=4)
    assert np.shape(path)[-1:] == (4,) or len(path) == 4


def test_denoised_texts():
    typos = [text.replace("e", "o") for text in TEXTS]
    denoiser = DenoisingAutoencoder(max_epochs=30, random_state=0)
    denoiser.fit(typos * 2 + TEXTS * 2, clean=TEXTS * 4)
    assert denoiser.transform(["to bo", "quostion"]) == ["to be", "question"]


def test_explanations_have_a_contribution_for_each_position():
    detector = AutoencoderOutlierDetector(**SETTINGS).fit(TEXTS)
    found = detector.explain(["to be"])
    assert found.contribution.shape == (1, detector.n_features_in_)
    np.testing.assert_allclose(
        found.contribution.sum(1), detector.score_samples(["to be"]), rtol=1e-6
    )


def test_predictors_of_texts_continue_their_training():
    y = [len(text) > 4 for text in TEXTS]
    classifier = AutoencoderClassifier(max_epochs=30, random_state=0).fit(TEXTS, y)
    assert roc_auc_score(y, classifier.predict_proba(TEXTS)[:, 1]) == 1
    classifier.set_params(warm_start=True).fit(TEXTS, y)
    assert classifier.predict_proba(["to be"]).shape == (1, 2)


@pytest.mark.parametrize("method", ["transform", "score_samples", "score"])
def test_characters_after_the_last_position_are_not_read(transformer, method):
    function = getattr(transformer, method)
    with pytest.warns(UserWarning, match="2 text.s. of X .* index 1. .* first 9 are not read"):
        found = function(["to be", "be or not to", "question that"])
    np.testing.assert_array_equal(found, function(["to be", "be or not", "question "]))


def test_a_fold_with_the_longest_text_has_a_score():
    texts, y = [*TEXTS, "to be or not to be"], [0, 1] * 32 + [0]
    model = AutoencoderClassifier(max_epochs=2, random_state=0)
    with pytest.warns(UserWarning, match="are not read"):
        scores = cross_val_score(model, texts, y, cv=3)
    assert np.isfinite(scores).all()


@pytest.mark.parametrize("output", ["denoised", "imputed", "code"])
def test_texts_that_come_back_are_not_cut(output):
    model = DenoisingAutoencoder(output=output, **SETTINGS).fit(TEXTS)
    if output == "code":
        with pytest.warns(UserWarning, match="are not read"):
            assert np.isfinite(model.transform(["to be or not"])).all()
        return
    with pytest.raises(ValueError, match="index 0 has 12 characters"):
        model.transform(["to be or not"])
    assert len(model.transform(["to be"])) == 1


def test_labeled_texts_may_be_longer_than_those_of_the_encoder(transformer):
    classifier = AutoencoderClassifier(encoder=transformer, max_epochs=2, random_state=0)
    with pytest.warns(UserWarning, match="are not read"):
        classifier.fit([*TEXTS, "to be or not to be"], [0, 1] * 32 + [0])
    assert classifier.n_features_in_ == transformer.n_features_in_


def test_errors_name_the_remedy(transformer):
    with pytest.raises(ValueError, match="index 1 has 11 characters, but the longest one"):
        transformer.reconstruct(["to be", "to be or no"])
    with pytest.raises(TypeError, match="element at index 1 is 3"):
        transformer.fit(["a", 3])
    with pytest.raises(TypeError, match="fitted to texts, and X is not a list of strings"):
        transformer.transform(np.ones((3, 2)))
    with pytest.raises(TypeError, match="X is a single string"):
        AutoencoderTransformer(2).fit("to be or not to be")
    with pytest.raises(ValueError, match="no character"):
        AutoencoderTransformer(2).fit(["", ""])
    assert transformer.reconstruct(["to be"]) == ["to be"]


def test_numbers_and_tables_are_not_texts():
    assert texts_of([[1.0, 2.0]]) is None
    assert texts_of(np.ones(3)) is None
    assert texts_of(pd.DataFrame({"a": ["x"]})) is None
    assert texts_of([]) is None


def test_equal_columns_are_computed_at_once():
    layout, other = Layout((3, 3)), Layout((3, 3, 2))
    values = torch.randn(4, 8, generator=torch.Generator().manual_seed(0))
    for name in ("log_softmax", "totals"):
        n = 6 if name == "log_softmax" else 2
        found = getattr(layout, name)(values[:, :6])
        torch.testing.assert_close(found, getattr(other, name)(values)[:, :n])
    torch.testing.assert_close(layout.decode(values[:, :6]), other.decode(values)[:, :2])


def test_texts_in_an_array_of_arrow():
    expected = AutoencoderTransformer(2, **SETTINGS).fit_transform(TEXTS)
    arrow = pytest.importorskip("pyarrow")
    for array in (arrow.array(TEXTS), arrow.chunked_array([TEXTS])):
        transformer = AutoencoderTransformer(2, **SETTINGS).fit(array)
        np.testing.assert_array_equal(transformer.transform(array), expected)


@pytest.mark.parametrize("X", [[None, "to be"], pd.Series([np.nan, "to be"])])
def test_a_missing_first_text_is_named(X):
    with pytest.raises(TypeError, match="the element at index 0"):
        AutoencoderTransformer(2).fit(X)


def test_characters_that_are_unknown_in_a_later_fit():
    generator = AutoregressiveGenerator(4, max_epochs=1, random_state=0).partial_fit(["ab"] * 4)
    with pytest.warns(UserWarning, match="characters that did not occur in the first call .* 'z'"):
        generator.partial_fit(["az"])


def test_reports_and_displays_that_are_for_tables(transformer):
    for draw in (ReconstructionDisplay, WeightsDisplay):
        with pytest.raises(TypeError, match="texts"):
            draw.from_estimator(transformer, *([TEXTS] if draw is ReconstructionDisplay else []))
    with pytest.raises(TypeError, match="contains texts"):
        generation_report(TEXTS, TEXTS)


@pytest.mark.parametrize("library", ["pandas", "polars"])
def test_denoised_texts_are_a_column_of_a_frame(library):
    denoiser = DenoisingAutoencoder(2, **SETTINGS).fit(TEXTS)
    expected = denoiser.transform(TEXTS)
    frame = denoiser.set_output(transform=library).transform(TEXTS)
    assert list(frame.columns) == denoiser.get_feature_names_out().tolist() == ["text"]
    assert frame["text"].to_list() == expected


UNKNOWN = ["tü", "☕", "t☕", "üüü", "ü☕t", "", "to"]


@pytest.fixture(scope="module")
def denoiser():
    corruption = Masking(0.1)
    return DenoisingAutoencoder(8, corruption=corruption, max_epochs=20, random_state=0).fit(TEXTS)


def test_mended_texts_keep_unknown_characters_at_their_positions():
    learned, _ = Texts.learn(["abc", "ab"], Limits())
    end = learned.end
    cells = np.array([[1.0, 0, end, 0], [end, end, end, end], [0, 1, 2, end], [end, 0, 0, 0]])
    assert learned.mended(cells, ["ü", "a☕b", "abc", "aü"]) == ["ü", "☕", "abc", "ü"]
    assert learned.mended(cells[:1], ["aü"]) == ["bü"]


def test_denoised_texts_keep_unknown_characters(denoiser):
    mended = denoiser.transform(UNKNOWN)
    for text, own in zip(UNKNOWN, mended, strict=True):
        kept = [char for char in own if char not in "".join(TEXTS)]
        assert kept == [char for char in text if char not in "".join(TEXTS)]
    assert denoiser.transform(["ü", "üüü"]) == ["ü", "üüü"]
    infrequent = clone(denoiser).set_params(min_frequency=11).fit([*TEXTS, "xyz"])
    assert infrequent.transform(["xyz"]) == ["xyz"]


@pytest.mark.parametrize(
    "estimator",
    [
        AutoencoderTransformer(2, max_epochs=2, random_state=0),
        AutoencoderOutlierDetector(2, max_epochs=2, random_state=0),
        AutoregressiveGenerator(4, max_epochs=2, random_state=0),
        VAEGenerator(2, latent="normal", max_epochs=2, random_state=0),
    ],
    ids=lambda own: type(own).__name__,
)
def test_results_for_texts_of_unknown_characters(estimator):
    estimator = clone(estimator).fit(TEXTS)
    others = [text.replace("ü", "ö") for text in UNKNOWN]
    for name in ("transform", "score_samples", "explain"):
        if hasattr(estimator, name):
            found, same = (getattr(estimator, name)(X) for X in (UNKNOWN, others))
            if name == "explain":
                found, same = found.contribution, same.contribution
            assert np.isfinite(found).all()
            np.testing.assert_array_equal(found, same)


def test_unknown_characters_at_the_end_of_a_prompt_are_read():
    generator = AutoregressiveGenerator(4, max_epochs=2, random_state=0).fit(TEXTS)
    after = generator.predict_proba(["th", "thü", "thüü"])
    assert (np.abs(np.diff(after, axis=0)).max(axis=1) > 1e-6).all()
    drawn = generator.sample(2000, random_state=0, prompt="thü", length=1)
    assert {text[:3] for text in drawn} == {"thü"}
    shares = [np.mean([text[3:] == symbol for text in drawn]) for symbol in generator.symbols_]
    np.testing.assert_allclose(shares, after[1], atol=0.04)
