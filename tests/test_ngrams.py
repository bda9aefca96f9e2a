"""Vectors of the last symbols of a sequence."""

import pickle

import numpy as np
import pytest
import torch
from sklearn.base import clone

from sklearn_autoencoders import AutoregressiveGenerator
from sklearn_autoencoders.networks import CausalRecurrent
from sklearn_autoencoders.networks._sequences.ngrams import NgramEmbedding


@pytest.fixture
def embedding():
    torch.manual_seed(0)
    return NgramEmbedding(4, 5, 0.5).eval()


def test_vectors_depend_on_the_last_symbols_alone(embedding):
    one, _ = embedding.advance(torch.tensor([[1, 2, 3, 4, 5, 6]]), None)
    other, _ = embedding.advance(torch.tensor([[6, 6, 3, 4, 5, 6]]), None)
    torch.testing.assert_close(one[0, 5], other[0, 5])
    assert not torch.allclose(one[0, 4], other[0, 4])


def test_vectors_are_sums_over_ngrams(embedding):
    alone = [NgramEmbedding(n, 5, 0.0).eval() for n in (2, 3, 4)]
    for part in alone:
        part.load_state_dict(embedding.state_dict())
    x = torch.tensor([[1, 2, 3, 4, 5, 6]])
    found = [part.advance(x, None)[0][0, -1] for part in alone]
    rows = embedding._rows(torch.tensor([[3, 4, 5, 6]]))[0, 0]
    for place in (1, 2):
        term = embedding.to_embedding(embedding.table(rows[place]))
        torch.testing.assert_close(found[place] - found[place - 1], term)


def test_parts_of_a_sequence_are_read_like_the_whole(embedding):
    x = torch.tensor([[1, 2, 3, 4, 5, 6, 1, 0, 2], [3, 3, 0, 1, 2, 1, 6, 5, 4]])
    whole, last = embedding.advance(x, None)
    before, found = None, []
    for part in x.split((1, 2, 5, 1), 1):
        vectors, before = embedding.advance(part, before)
        found.append(vectors)
    torch.testing.assert_close(torch.cat(found, 1), whole, rtol=0, atol=0)
    torch.testing.assert_close(before, last)


def test_rare_ngrams_have_no_vector(embedding):
    numbers = torch.tensor([[1, 2, 3], [4, 5, 6]])
    embedding.keep_frequent([(numbers, torch.tensor([9.0, 10.0]))])
    vectors, _ = embedding.advance(numbers, None)
    assert (vectors[0] == 0).all()
    assert (vectors[1] != 0).any()


def test_weights_of_sequences_are_copies():
    texts = ["to be", "or not"] * 8
    settings = {"n_components": 4, "max_epochs": 1, "random_state": 0, "batch_size": 64}
    one, two = (
        AutoregressiveGenerator(**settings, network=CausalRecurrent(n_embedding=4)) for _ in "ab"
    )
    one.fit(texts, sample_weight=np.tile([3.0, 1.0], 8))
    two.fit(["to be"] * 24 + ["or not"] * 8)
    frequent = [model.network_.encoder.ngrams.is_frequent for model in (one, two)]
    assert 0 < frequent[0].sum() < len(frequent[0])
    torch.testing.assert_close(*frequent)


def test_weights_can_be_normalized():
    texts, weight = ["to be", "or not"] * 12, np.tile([3.0, 1.0], 12)
    settings = {"n_components": 4, "max_epochs": 1, "random_state": 0}
    network = CausalRecurrent(n_embedding=4)
    model = AutoregressiveGenerator(**settings, network=network)
    model.fit(texts, sample_weight=weight / weight.sum())
    assert model.network_.encoder.ngrams.is_frequent.sum() > 0


def test_networks_of_earlier_files_have_no_ngrams_and_repeats(monkeypatch):
    settings = {"max_epochs": 1, "random_state": 0}
    network = CausalRecurrent(n_embedding=4, max_ngram=1, repeat_lengths=())
    model = AutoregressiveGenerator(4, network=network, **settings).fit(["to be", "or not"] * 4)
    new = {"max_ngram", "ngram_dropout", "repeat_lengths"}
    without_new = {name: value for name, value in vars(network).items() if name not in new}
    monkeypatch.setattr(CausalRecurrent, "__getstate__", lambda self: without_new)
    old = pickle.loads(pickle.dumps(model))
    assert old.network_.encoder.ngrams is None
    assert old.network_.encoder.repeats is None
    assert clone(old.network).max_ngram == 1
    np.testing.assert_array_equal(old.score_samples(["to be"]), model.score_samples(["to be"]))
