"""Vectors of the symbols that followed earlier occurrences of the last symbols."""

import numpy as np
import pytest
import torch

from sklearn_autoencoders import AutoregressiveGenerator
from sklearn_autoencoders._inference.sequences import sequence_log_likelihoods
from sklearn_autoencoders.networks import CausalRecurrent
from sklearn_autoencoders.networks._sequences.repeats import RepeatEmbedding

N_SYMBOLS, LENGTHS = 5, (1, 2, 4)


@pytest.fixture
def repeats():
    """An embedding whose vectors are the numbers of the symbols, as digits of one number."""
    embedding = RepeatEmbedding(LENGTHS, N_SYMBOLS, 1)
    digits = [10.0**place * number for place in range(3) for number in range(N_SYMBOLS + 1)]
    embedding.table.weight.data = torch.tensor(digits)[:, None]
    return embedding


@pytest.fixture
def numbers():
    """Two sequences of symbols, of which some are unknown; longer than a block."""
    return torch.from_numpy(np.random.default_rng(0).integers(0, N_SYMBOLS + 1, (2, 200)))


def followers(sequence, length):
    """What followed the last occurrence of the n-gram at each position, by a dictionary."""
    padded, found, last = [0] * length + sequence, [], {}
    for end in range(length, len(padded)):
        last[tuple(padded[end - length : end])] = padded[end]
        found.append(last.get(tuple(padded[end - length + 1 : end + 1]), 0))
    return found


def test_vectors_are_those_of_what_followed_the_same_ngram(repeats, numbers):
    vectors, _ = repeats.advance(numbers, None)
    for row, sequence in enumerate(numbers.tolist()):
        expected = sum(
            10**place * np.array(followers(sequence, length))
            for place, length in enumerate(LENGTHS)
        )
        np.testing.assert_array_equal(vectors[row, :, 0].detach(), expected)
        assert len(set(expected)) > 30


@pytest.mark.parametrize("sizes", [[1] * 200, [70, 1, 0, 129]], ids=["steps", "parts"])
def test_parts_of_a_sequence_are_read_like_the_whole(repeats, numbers, sizes):
    x = numbers
    whole, last = repeats.advance(x, None)
    state, found = None, []
    for part in x.split([size for size in sizes if size], 1):
        vectors, state = repeats.advance(part, state)
        found.append(vectors)
    torch.testing.assert_close(torch.cat(found, 1), whole, rtol=0, atol=0)
    torch.testing.assert_close(state, last, rtol=0, atol=0)


def test_a_state_is_not_changed_by_reading_on(repeats, numbers):
    x = numbers
    _, state = repeats.advance(x[:, :100], None)
    before = state.clone()
    one = repeats.advance(x[:, 100:], state)[0]
    torch.testing.assert_close(state, before, rtol=0, atol=0)
    torch.testing.assert_close(repeats.advance(x[:, 100:], state)[0], one, rtol=0, atol=0)


def test_forgotten_ngrams_are_new_rather_than_wrong(monkeypatch, repeats, numbers):
    expected = torch.tensor(followers(numbers[0].tolist(), 2))
    monkeypatch.setattr("sklearn_autoencoders.networks._sequences.repeats._N_SLOTS", 16)
    few = RepeatEmbedding(LENGTHS, N_SYMBOLS, 1)
    few.load_state_dict(repeats.state_dict())
    found = few.advance(numbers, None)[0][0, :, 0].long() // 10 % 10
    is_found = found > 0
    assert 0 < is_found.sum() < (expected > 0).sum()
    assert (found[is_found] == expected[is_found]).double().mean() > 0.9


def test_probabilities_sum_to_one_over_all_texts():
    network = CausalRecurrent(n_embedding=4, repeat_lengths=(1, 2))
    model = AutoregressiveGenerator(8, network=network, max_epochs=3, random_state=0)
    X = np.random.default_rng(0).integers(2, size=(40, 6)).astype(float)
    model.fit(X)
    cells = np.array(np.meshgrid(*[[0.0, 1.0]] * 6)).reshape(6, -1).T
    total = np.exp(sequence_log_likelihoods(model._model, cells).sum(1)).sum()
    assert total == pytest.approx(1, abs=1e-6)


def test_a_repeated_text_is_predicted_better():
    letters = np.random.default_rng(0).choice(list("abcdefgh"), size=(300, 12))
    texts = ["".join(row) + "".join(row) for row in letters]
    bits = {}
    for lengths in ((), (3,)):
        network = CausalRecurrent(n_embedding=16, repeat_lengths=lengths)
        model = AutoregressiveGenerator(32, network=network, random_state=0)
        bits[lengths] = model.fit(texts[:250]).bits_per_symbol(texts[250:])
    assert bits[(3,)] < bits[()] - 0.4


@pytest.mark.parametrize(
    ("lengths", "message"),
    [
        ((3, 0), r"repeat_lengths must be whole numbers of at least 1.*\(3, 0\)"),
        ((2.5,), r"repeat_lengths must be whole numbers of at least 1.*\(2\.5,\)"),
        ((3, 3), r"repeat_lengths must be different.*\(3, 3\)"),
        (3, r"'repeat_lengths' parameter .* must be an array-like. Got 3"),
    ],
    ids=["zero", "fraction", "equal", "number"],
)
def test_wrong_lengths_are_named(lengths, message):
    network = CausalRecurrent(repeat_lengths=lengths)
    with pytest.raises(ValueError, match=message):
        AutoregressiveGenerator(8, network=network).fit(["to be", "or not"] * 10)


@pytest.mark.parametrize("n_positions", [1, 64, 65])
def test_sequences_without_a_state_are_read_alike(repeats, numbers, n_positions):
    part = numbers[:, :n_positions]
    torch.testing.assert_close(repeats(part), repeats.advance(part, None)[0], rtol=0, atol=0)
