"""AutoregressiveGenerator of sequences: texts and arrays, from left to right."""

import numpy as np
import pandas as pd
import pytest
import torch
from helpers import table
from sklearn.base import clone

from sklearn_autoencoders import (
    AutoencoderClassifier,
    AutoencoderOutlierDetector,
    AutoencoderTransformer,
    AutoregressiveGenerator,
    load,
    save,
)
from sklearn_autoencoders._data.batches import SampleDataset
from sklearn_autoencoders._data.data import Data
from sklearn_autoencoders._inference.conditionals import Sharpening
from sklearn_autoencoders._inference.run import run, surprise_function
from sklearn_autoencoders._inference.sequences import _CHUNK_SIZE, Reader, sequence_log_likelihoods
from sklearn_autoencoders._training.loop.sampler import StreamSampler
from sklearn_autoencoders._utils.batch import Batch, Carried
from sklearn_autoencoders.networks import CausalRecurrent, Residual
from sklearn_autoencoders.networks._sequences.causal import SequenceModel

TEXTS = ["to be", "or not", "to be", "that", "is", "the", "question", "be or not"] * 10


def fitted(X=TEXTS, n_components=32, n_layers=1, cell="gru", ngram_dropout=0.5, **params):
    params = {"max_epochs": 100, "random_state": 0} | params
    network = CausalRecurrent(n_layers, cell=cell, n_embedding=8, ngram_dropout=ngram_dropout)
    return AutoregressiveGenerator(n_components, network=network, **params).fit(X)


@pytest.fixture(scope="module")
def generator():
    return fitted()


@pytest.fixture(scope="module")
def sequences():
    """Three positions of three values, of which the next depends on the last."""
    rng = np.random.RandomState(0)
    steps = rng.choice(3, size=(1200, 3), p=[0.7, 0.2, 0.1])
    return steps.cumsum(1) % 3.0


def all_sequences():
    return np.stack(np.meshgrid(*[range(3)] * 3, indexing="ij"), -1).reshape(-1, 3).astype(float)


@pytest.mark.parametrize("cell", ["gru", "lstm"])
def test_likelihoods_of_all_sequences_sum_to_one(sequences, cell):
    generator = fitted(sequences, cell=cell, max_epochs=5)
    assert np.exp(generator.score_samples(all_sequences())).sum() == pytest.approx(1, abs=1e-6)


def test_likelihoods_of_all_short_texts_sum_to_one():
    generator = fitted(["a", "ab", "b"] * 20, max_epochs=10)
    texts = [""]
    total = 0.0
    for _ in range(12):
        total += np.exp(generator.score_samples(texts)).sum()
        texts = [text + symbol for text in texts for symbol in "ab"]
    assert 0.99 < total <= 1 + 1e-6


def test_conditional_probabilities_are_learned(sequences):
    generator = fitted(sequences, max_epochs=20)
    found = generator.predict_proba(np.array([[k, np.nan, np.nan] for k in range(3)]))
    expected = [[0.7, 0.2, 0.1], [0.1, 0.7, 0.2], [0.2, 0.1, 0.7]]
    np.testing.assert_allclose(found, expected, atol=0.08)


def test_later_values_do_not_change_the_likelihood_of_earlier_ones(generator):
    model = generator._model
    cells = generator._columns.encode(["to be or", "to bxxyz"]).astype(np.float64)
    found = sequence_log_likelihoods(model, cells)
    np.testing.assert_array_equal(found[0, :4], found[1, :4])
    assert found[0, 5] != found[1, 5]


@torch.no_grad()
@pytest.mark.parametrize("cell", ["gru", "lstm"])
def test_steps_give_the_states_of_the_whole_sequence(cell):
    generator = fitted(n_layers=2, cell=cell, max_epochs=2)
    cells = generator._columns.encode(TEXTS[:8]).astype(np.float64)
    whole = Reader(generator._model, np.float64).read(cells)
    steps = Reader(generator._model, np.float64)
    for t in range(cells.shape[1]):
        states = steps.read(cells[:, [t]])
        np.testing.assert_allclose(states[:, 0], whole[:, t], atol=1e-12)


def test_training_and_scoring_agree(generator):
    cells = generator._columns.encode(TEXTS).astype(np.float64)
    model = generator._model
    in_training = run(model, SampleDataset(model, Data(cells)), surprise_function(model))
    found = sequence_log_likelihoods(model, cells)
    np.testing.assert_allclose(found, np.where(np.isnan(cells), 0, -in_training), atol=1e-12)
    assert generator.loss_curve_[-1] == pytest.approx(-found.mean(), rel=0.3)


def test_long_texts_are_read_in_parts(generator, monkeypatch):
    texts = ["to be or not to be that is the question", "to be"]
    whole = generator.score_samples(texts)
    codes = generator.transform(texts)
    assert _CHUNK_SIZE > 100
    monkeypatch.setattr("sklearn_autoencoders._inference.sequences._CHUNK_SIZE", 40)
    np.testing.assert_allclose(generator.score_samples(texts), whole, rtol=1e-6)
    np.testing.assert_allclose(generator.transform(texts), codes, rtol=1e-4, atol=1e-6)


@torch.no_grad()
def test_the_code_is_the_mean_of_the_states(generator):
    cells = generator._columns.encode(["is"])
    reader = Reader(generator._model, np.float32)
    reader.read(np.full((1, 1), np.nan))
    states = reader.read(cells)
    np.testing.assert_allclose(generator.transform(["is"]), states.mean(1), atol=1e-5)
    np.testing.assert_allclose(
        generator.transform(["is", "question"])[:1], generator.transform(["is"]), atol=1e-5
    )


def test_drawn_texts_are_like_those_of_the_fit(generator):
    drawn = generator.sample(200, random_state=0)
    assert np.mean([text in set(TEXTS) for text in drawn]) > 0.8
    assert drawn == generator.sample(200, random_state=0)


def test_texts_are_continued(generator):
    found = generator.sample(10, random_state=0, prompt="que", temperature=0.2)
    assert set(found) == {"question"}
    short = generator.sample(3, random_state=0, prompt="que", length=2, top_k=1)
    assert short == ["quest"] * 3
    assert generator.sample(random_state=0, prompt="QUE", length=1)[0].startswith("QUE")


def test_continuation_equals_reading_the_text_again(generator):
    text = "to b"
    probabilities = generator.predict_proba([text])[0]
    assert generator.symbols_[probabilities.argmax()] == "e"
    step_by_step = text
    for _ in range(4):
        place = generator.predict_proba([step_by_step])[0].argmax()
        step_by_step += generator.symbols_[place]
    assert generator.sample(prompt=text, top_k=1, length=4, random_state=0) == [step_by_step]


def test_a_single_text_is_cut_into_chunks():
    text = "to be or not to be " * 40
    generator = fitted(text, chunk_size=16, max_epochs=30)
    assert generator.n_features_in_ == len(text)
    assert generator._layout.n_columns == 16
    assert generator.bits_per_symbol(text) < 1
    drawn = generator.sample(prompt="to be or ", length=30, random_state=0, temperature=0.3)[0]
    assert len(drawn) == 39
    assert drawn.startswith("to be or not to be")


def test_weights_of_texts_that_are_cut():
    texts = ["abab" * 10, "cdcd" * 10]
    network = CausalRecurrent(1, n_embedding=8)
    generator = AutoregressiveGenerator(8, network=network, chunk_size=8, max_epochs=20)
    generator.set_params(random_state=0)
    for weight in ([1.0, 0.01], [0.01, 1.0]):
        scores = generator.fit(texts * 5, sample_weight=weight * 5).score_samples(texts)
        assert scores.argmax() == np.argmax(weight)


def test_units_of_likelihoods(generator):
    n_symbols = sum(len(text) + 1 for text in TEXTS)
    nats = -generator.score_samples(TEXTS).sum()
    assert generator.bits_per_symbol(TEXTS) == pytest.approx(nats / n_symbols / np.log(2))
    assert generator.score(TEXTS) == pytest.approx(-nats / len(TEXTS))


def test_unexpected_symbols_contribute_most(generator):
    found = generator.explain(["tqe"])
    assert found.contribution.shape == (1, 4)
    assert found.contribution[0, 1] < -3 < found.contribution[0, 0]
    assert found.expected[0][1] in "oh"


def test_saved_sequences(generator, tmp_path):
    path = tmp_path / "model.skops"
    save(generator, path)
    loaded = load(path)
    np.testing.assert_array_equal(loaded.score_samples(TEXTS), generator.score_samples(TEXTS))
    assert loaded.sample(5, random_state=0) == generator.sample(5, random_state=0)


def test_partial_fit_lowers_the_loss():
    generator = fitted(max_epochs=1)
    before = generator.score(TEXTS)
    for _ in range(10):
        generator.partial_fit(TEXTS)
    assert generator.score(TEXTS) > before


def test_numbers_of_sequences_share_their_levels():
    X = table(200)
    generator = fitted(X, max_epochs=3, n_components=8)
    assert len(set(generator._levels.sizes)) == 1
    drawn = generator.sample(50, random_state=0)
    assert drawn.shape == (50, X.shape[1])
    assert X.min() <= drawn.min() <= drawn.max() <= X.max()
    continued = generator.sample(2, random_state=0, prompt=X[0, :2], length=3)
    assert continued.shape == (2, 5)


def test_sharpening_keeps_the_most_probable_levels():
    log_probabilities = np.log([[0.5, 0.3, 0.15, 0.05]])

    def kept(**params):
        return np.exp(Sharpening(**params)(log_probabilities))[0] > 0

    assert kept(top_k=2).tolist() == [True, True, False, False]
    assert kept(top_p=0.8).tolist() == [True, True, False, False]
    assert kept(top_p=0.81).tolist() == [True, True, True, False]
    assert kept().all()
    colder = np.exp(Sharpening(temperature=0.5)(log_probabilities))[0]
    np.testing.assert_allclose(colder / colder[0], np.square([1, 0.6, 0.3, 0.1]))


def test_errors_say_what_to_do(generator):
    with pytest.raises(ValueError, match="temperature"):
        generator.sample(temperature=-1)
    with pytest.raises(ValueError, match="causal network predicts"):
        generator.impute(TEXTS)
    with pytest.raises(TypeError, match="prompt must be a string"):
        generator.sample(prompt=3)
    table_generator = AutoregressiveGenerator(8, max_epochs=1, random_state=0).fit(table())
    with pytest.raises(ValueError, match="prompt and length are for sequences"):
        table_generator.sample(length=3)
    assert not hasattr(table_generator, "predict_proba")
    assert not hasattr(table_generator, "symbols_")


def test_codes_in_the_configured_container():
    generator = AutoregressiveGenerator(4, max_epochs=1).set_output(transform="pandas")
    codes = generator.fit(TEXTS).transform(TEXTS)
    assert list(codes.columns) == list(generator.get_feature_names_out())


def test_parameters_that_are_set_after_the_fit_change_nothing(generator):
    changed = clone(generator).set_params(max_epochs=1).fit(TEXTS)
    before = changed.score_samples(TEXTS)
    assert hasattr(clone(generator), "predict_proba")
    changed.set_params(network=Residual())
    np.testing.assert_array_equal(changed.score_samples(TEXTS), before)
    assert changed.predict_proba(["t"]).shape == (1, len(changed.symbols_))


@pytest.mark.parametrize(
    ("first", "later"), [(TEXTS, ["to be or not to be"]), ("to be" * 20, "to")]
)
def test_continued_fits_to_texts_of_other_lengths(first, later):
    generator = AutoregressiveGenerator(4, max_epochs=1, chunk_size=16, random_state=0)
    n_seen = generator.partial_fit(first).n_samples_seen_
    n_positions = len(generator._levels.sizes)
    generator.partial_fit(later)
    assert generator.n_samples_seen_ == n_seen + -(-(len(later[0]) + 1) // n_positions)
    generator.set_params(warm_start=True).fit(later)
    assert np.isfinite(generator.score_samples(first)).all()


def test_causal_networks_reject_tables_with_categories(generator):
    frame = pd.DataFrame({"a": list("xyz") * 10, "b": list("pq") * 15})
    for X in (frame, frame.to_numpy(object), frame[["b"]]):
        with pytest.raises(ValueError, match="all have the same levels"):
            clone(generator).fit(X)


@pytest.mark.parametrize("estimator", [AutoencoderTransformer, AutoencoderOutlierDetector])
def test_other_estimators_reject_causal_networks(estimator):
    with pytest.raises(ValueError, match="only AutoregressiveGenerator is for"):
        estimator(2, network=CausalRecurrent()).fit(table(30))


def test_other_networks_have_a_fixed_number_of_positions():
    generator = AutoregressiveGenerator(4, network="dense", max_epochs=1, random_state=0)
    generator.fit(TEXTS)
    assert generator.score_samples(["to", "be"]).shape == (2,)
    with pytest.warns(UserWarning, match="Characters after the first 9 are not read"):
        assert generator.score_samples(["to be or not"]) == generator.score_samples(["to be or "])
    with pytest.raises(ValueError, match="the longest one in the fit had 9"):
        generator.impute(["to be or not"])
    with pytest.raises(TypeError, match="with a causal network"):
        generator.fit("to be or not to be")


@pytest.mark.parametrize("method", ["predict_proba", "score_samples", "transform"])
def test_samples_that_are_no_texts(generator, method):
    with pytest.raises(ValueError, match="minimum of 1 is required"):
        getattr(generator, method)([])
    for X in (np.zeros((2, 3)), [1, 2], None):
        with pytest.raises(TypeError, match="X is not a list of strings"):
            getattr(generator, method)(X)


def test_sequences_of_numbers_begin_with_the_prompt():
    X = table(100)
    generator = fitted(X, max_epochs=1, n_components=8, max_levels=4)
    drawn = generator.sample(3, random_state=0, prompt=X[0, :2])
    np.testing.assert_array_equal(drawn[:, :2], np.tile(X[0, :2], (3, 1)))
    for prompt in ("ab", X[:2, :2], [np.nan], 3):
        with pytest.raises(ValueError, match="prompt must be an array of finite numbers"):
            generator.sample(prompt=prompt)


def test_default_length_of_a_continued_single_text():
    generator = AutoregressiveGenerator(4, max_epochs=1, chunk_size=16).fit("to be" * 20)
    assert len(generator.sample()[0]) == 16
    assert len(generator.sample(prompt="to be" * 4)[0]) == 36


def test_very_low_temperature(generator):
    drawn = generator.sample(prompt="to b", top_k=1, random_state=0)
    assert generator.sample(prompt="to b", temperature=1e-310, random_state=0) == drawn


def test_encoders_of_predictors_that_are_fitted_to_texts(generator):
    y = np.arange(len(TEXTS)) % 2
    encoder = AutoencoderTransformer(2, max_epochs=1)
    classifier = AutoencoderClassifier(encoder=encoder, max_epochs=1, random_state=0)
    assert classifier.fit(TEXTS, y).predict(["to", "be"]).shape == (2,)
    for own in (generator, clone(generator)):
        with pytest.raises(ValueError, match="reads the levels"):
            clone(classifier).set_params(encoder=own).fit(TEXTS, y)


@pytest.mark.parametrize("name", ["temperature", "top_p"])
def test_parameters_of_drawing_that_are_not_numbers(generator, name):
    with pytest.raises(ValueError, match="must not be NaN"):
        generator.sample(**{name: np.nan})


@pytest.mark.parametrize("cell", ["gru", "lstm"])
def test_chunks_in_order_are_read_like_the_whole_text(cell):
    text = "to be or not to be " * 40
    generator = fitted(text, chunk_size=8, max_epochs=2, cell=cell, ngram_dropout=0.0)
    network = generator.network_.train()
    x = torch.randn(6, 4 * network.n_symbols, dtype=next(network.parameters()).dtype)
    whole = network(Batch(x.reshape(2, -1))).reconstruction.reshape(6, -1)
    carried = Carried()
    for place in range(3):  # of two texts of three chunks each
        rows, number = torch.tensor([place, 3 + place]), torch.tensor([place, 10 + place])
        batch = Batch(x[rows], chunk=number, carried=carried)
        torch.testing.assert_close(network(batch).reconstruction, whole[rows])


def test_chunks_that_do_not_follow_are_read_alone():
    network = fitted(max_epochs=2, ngram_dropout=0.0).network_.train()
    x = torch.randn(5, 3 * network.n_symbols, dtype=next(network.parameters()).dtype)
    carried = Carried()
    for numbers in ([0, 5], [2, 5, 8], [4]):
        own = x[: len(numbers)]
        found = network(Batch(own, chunk=torch.tensor(numbers), carried=carried)).reconstruction
        torch.testing.assert_close(found, network(Batch(own)).reconstruction)
    network.eval()
    following = Batch(x[:1], chunk=torch.tensor([5]), carried=carried)
    torch.testing.assert_close(network(following).reconstruction, network(x[:1]).reconstruction)


def test_streams_contain_every_chunk_once_and_in_order():
    sampler = StreamSampler(
        23, torch.Generator().manual_seed(0), 5, carried := Carried(torch.arange(5))
    )
    first, second = list(sampler), list(sampler)
    assert sorted(first) == sorted(second) == list(range(23))
    assert first != second
    assert carried.chunk is None
    steps = (np.array(first[5:20]) - np.array(first[:15])) % 23
    assert (steps == 1).all()


@pytest.fixture
def chunks_read(monkeypatch):
    """The numbers of the chunks of each training batch."""
    seen, forward = [], SequenceModel._continued

    def spy(self, symbols, batch):
        seen.append(batch.chunk.tolist())
        return forward(self, symbols, batch)

    monkeypatch.setattr(SequenceModel, "_continued", spy)
    return seen


def test_a_long_text_is_read_in_order_and_texts_are_not(chunks_read):
    text = "to be or not to be " * 60
    one = fitted(text, chunk_size=8, batch_size=4, max_epochs=1)
    steps = np.diff(np.array(chunks_read[:-1]), axis=0)
    assert (steps == 1).mean() > 0.9
    chunks_read.clear()
    other = fitted(text, chunk_size=8, batch_size=4, max_epochs=1, carry_states=False)
    fitted(TEXTS, max_epochs=1)
    assert not chunks_read
    assert one.bits_per_symbol(text) != other.bits_per_symbol(text)


def test_held_out_chunks_interrupt_a_text(chunks_read):
    text = "to be or not to be " * 60
    fitted(text, chunk_size=8, batch_size=4, max_epochs=2, early_stopping=True)
    n_chunks = -(-len(text) // 8)
    read = set().union(*chunks_read)
    assert read < set(range(n_chunks))
    assert n_chunks - len(read) == round(0.1 * n_chunks)  # numbers that are missing in between


def test_many_sequences_are_drawn_and_read_in_parts(monkeypatch):
    generator = fitted(TEXTS, max_epochs=3)
    scores = generator.score_samples(TEXTS)
    one = generator.sample(40, top_k=1, random_state=0)
    monkeypatch.setattr("sklearn_autoencoders._inference.sequences._N_SEQUENCES", 7)
    np.testing.assert_allclose(generator.score_samples(TEXTS), scores, rtol=1e-5)
    assert generator.sample(40, top_k=1, random_state=0) == one
    lengths = {len(text) for text in generator.sample(40, random_state=0)}
    assert len(lengths) > 1
