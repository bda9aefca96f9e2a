"""Members of a causal network: several networks whose probabilities are averaged."""

import copy

import numpy as np
import pytest
import torch
from torch import nn

from sklearn_autoencoders import AutoregressiveGenerator, load, save
from sklearn_autoencoders._inference.sequences import Reader
from sklearn_autoencoders._utils.batch import Batch, Carried
from sklearn_autoencoders.networks import CausalRecurrent
from sklearn_autoencoders.networks._sequences.causal import SequenceModel
from sklearn_autoencoders.objectives._cells import CellLoss
from sklearn_autoencoders.objectives._hidden_cells import NextCells

TEXTS = ["to be", "or not", "to be", "that", "is", "the", "question", "be or not"] * 10


def fitted(n_members=2, cell="gru", **params):
    network = CausalRecurrent(2, cell=cell, n_embedding=8, n_members=n_members)
    settings = {"max_epochs": 2, "random_state": 0} | params
    return AutoregressiveGenerator(16, network=network, **settings).fit(TEXTS)


@pytest.fixture(scope="module", params=["gru", "lstm"])
def generator(request):
    return fitted(cell=request.param)


def member(network, place):
    """Return one member as a model of its own."""
    encoder, decoder = network.encoder.members[place], network.decoder.members[place]
    return SequenceModel(encoder, decoder, network.n_symbols)


def without_dropout(network):
    for own in network.encoder.members:
        own.ngrams.dropout = nn.Identity()


def probabilities(network, x):
    logits = network(Batch(x)).reconstruction.unflatten(-1, (-1, network.n_symbols))
    return logits.softmax(-1)


@pytest.fixture
def inputs(generator):
    network = copy.deepcopy(generator.network_).double()
    return network, torch.randn(5, generator.n_features_in_ * network.n_symbols, dtype=torch.double)


@torch.no_grad()
def test_probabilities_are_the_means_of_those_of_the_members(inputs):
    network, x = inputs
    network.eval()
    of_members = torch.stack([probabilities(member(network, place).eval(), x) for place in (0, 1)])
    assert not torch.allclose(of_members[0], of_members[1])
    torch.testing.assert_close(probabilities(network, x), of_members.mean(0))


def test_members_are_trained_as_if_they_were_alone(generator, inputs):
    network, x = inputs
    without_dropout(network)
    loss = generator._model.loss
    assert isinstance(loss, CellLoss)
    target = torch.zeros_like(x)
    target[:, :: network.n_symbols] = 1
    batch = Batch(x, target=target)

    def loss_of(own):
        return NextCells(loss).evaluate(own(batch), batch, own, 1.0).loss.mean()

    together = loss_of(network.train())
    alone = [loss_of(member(network, place).train()) for place in (0, 1)]
    torch.testing.assert_close(together, sum(alone) / 2)
    weight = network.encoder.members[0].cells[0].weight_hh_l0
    found, expected = (torch.autograd.grad(own, weight)[0] for own in (together, alone[0]))
    torch.testing.assert_close(2 * found, expected)


@torch.no_grad()
def test_steps_give_the_states_of_the_whole_sequence(generator):
    cells = generator._columns.encode(TEXTS[:8]).astype(np.float64)
    whole = Reader(generator._model, np.float64).read(cells)
    assert whole.shape[-1] == 16
    steps = Reader(generator._model, np.float64)
    for t in range(cells.shape[1]):
        states = steps.read(cells[:, [t]])
        np.testing.assert_allclose(states[:, 0], whole[:, t], atol=1e-12)


def test_chunks_in_order_are_read_like_the_whole_text(inputs):
    network, x = inputs
    without_dropout(network)
    x, carried = x[:4], Carried()
    network.train()
    whole = network(Batch(x.reshape(2, -1))).reconstruction.reshape(2, 2, 2, -1)
    for place in range(2):
        numbers = torch.tensor([place, 10 + place])
        found = network(Batch(x[[place, 2 + place]], chunk=numbers, carried=carried)).reconstruction
        torch.testing.assert_close(found, whole[:, :, place])


def test_texts_are_continued_and_saved(generator, tmp_path):
    text = generator.sample(prompt="to", top_k=1, length=5, random_state=0)[0]
    for end in range(2, len(text)):
        place = generator.predict_proba([text[:end]])[0].argmax()
        assert generator.symbols_[place] == text[end]
    save(generator, tmp_path / "model")
    np.testing.assert_array_equal(
        load(tmp_path / "model").transform(TEXTS), generator.transform(TEXTS)
    )


def test_members_share_what_is_frequent():
    tables = [own.ngrams for own in fitted().network_.encoder.members]
    assert tables[0].is_frequent.sum() > 0
    assert torch.equal(tables[0].is_frequent, tables[1].is_frequent)
    without = CausalRecurrent(n_embedding=8, n_members=3, max_ngram=1)
    own = AutoregressiveGenerator(6, network=without, max_epochs=1, random_state=0).fit(TEXTS)
    assert [part.ngrams for part in own.network_.encoder.members] == [None] * 3


def test_one_member_is_the_network_alone():
    one, before = fitted(n_members=1), CausalRecurrent(2, n_embedding=8)
    other = AutoregressiveGenerator(16, network=before, max_epochs=2, random_state=0).fit(TEXTS)
    np.testing.assert_array_equal(one.transform(TEXTS), other.transform(TEXTS))


def test_components_are_divided_evenly():
    with pytest.raises(ValueError, match="n_components must be a multiple of n_members=3"):
        fitted(n_members=3)
