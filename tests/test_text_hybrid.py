"""The network of texts whose decoder reads the code and the symbols before each one."""

import itertools
import pickle
import warnings

import numpy as np
import pytest
import torch
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV
from skorch.callbacks import Callback
from torch.nn import functional

from sklearn_autoencoders import (
    AutoencoderClassifier,
    AutoencoderOutlierDetector,
    AutoencoderTransformer,
    AutoregressiveGenerator,
    DenoisingAutoencoder,
    VAEGenerator,
    export_onnx,
    load,
    save,
)
from sklearn_autoencoders._data.batches import SampleDataset
from sklearn_autoencoders._data.data import Data
from sklearn_autoencoders._data.validation import check_samples
from sklearn_autoencoders._inference.run import run
from sklearn_autoencoders._persistence import checkpoint as _checkpoint
from sklearn_autoencoders._utils.draws import Generated, gumbel
from sklearn_autoencoders.exceptions import PosteriorCollapseWarning
from sklearn_autoencoders.networks import TextHybrid
from sklearn_autoencoders.networks._latent.priors import NormalPrior
from sklearn_autoencoders.networks._layers.basic import drawing
from sklearn_autoencoders.networks._recipes import AutoencoderRecipe, VariationalRecipe, build

SMALL = {"channels": (6, 5), "kernel_size": 3, "n_embedding": 4, "hidden_size": 7}
TEXTS = ["to be", "or not", "to be", "that", "is", "the", "question", "be or not"] * 8
N_SYMBOLS, N_POSITIONS = 3, 5

every_decoder = pytest.mark.parametrize("decoder", ["hybrid", "recurrent"])
every_cell = pytest.mark.parametrize("cell", ["gru", "lstm"])


def network(**params):
    return TextHybrid(**{**SMALL, **params})


def generator(**params):
    settings = {"network": network(), "max_epochs": 2, "random_state": 0, **params}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", PosteriorCollapseWarning)
        return VAEGenerator(**{"n_components": 2, **settings}).fit(TEXTS)


@pytest.fixture(scope="module")
def fitted():
    return generator(max_epochs=10)


def module(n_components=2, seed=0, **params):
    """Return a variational autoencoder of texts in double precision, with large weights."""
    part = network(**params).for_texts(N_POSITIONS)
    base = AutoencoderRecipe(part, N_POSITIONS * N_SYMBOLS, n_components)
    recipe = VariationalRecipe(base, NormalPrior())
    built = build(recipe, torch.Generator().manual_seed(seed)).double().eval()
    with torch.no_grad():
        for parameter in built.decoder.parameters():
            parameter.mul_(2)
    return built


def codes(n_rows=4):
    return torch.randn(n_rows, 2, generator=torch.Generator().manual_seed(0)).double()


def indicators(index):
    return functional.one_hot(torch.as_tensor(index), N_SYMBOLS).double().flatten(1)


def log_likelihoods(model, code, index):
    log_probabilities = model.decode(code, target=indicators(index))
    log_probabilities = log_probabilities.unflatten(1, (-1, N_SYMBOLS)).log_softmax(-1)
    return log_probabilities.gather(-1, torch.as_tensor(index)[..., None]).sum((1, 2))


# -------------------------------------------------------------------------------- identities


@every_decoder
@every_cell
def test_reading_a_text_at_once_is_reading_it_step_by_step(decoder, cell):
    model, code = module(decoder=decoder, cell=cell), codes()
    index = torch.randint(N_SYMBOLS, (4, N_POSITIONS), generator=torch.Generator().manual_seed(1))
    forced = iter(1e3 * indicators(index).unflatten(1, (-1, 1, N_SYMBOLS)).transpose(0, 1))
    with torch.no_grad():
        at_once = model.decode(code, target=indicators(index))
        stepwise = model.draw(code, None, lambda logits: next(forced)) - 1e3 * indicators(index)
    torch.testing.assert_close(stepwise, at_once, rtol=0, atol=1e-10)


@every_decoder
def test_decoded_texts_are_the_most_probable_symbols_given_those_before(decoder):
    model, code = module(decoder=decoder), codes()
    with torch.no_grad():
        free = model.decode(code)
        chosen = free.unflatten(1, (-1, N_SYMBOLS)).argmax(-1)
        torch.testing.assert_close(model.decode(code, target=indicators(chosen)), free)


@every_decoder
def test_the_likelihoods_of_all_texts_sum_to_one(decoder):
    model = module(decoder=decoder)
    every = torch.tensor(list(itertools.product(range(N_SYMBOLS), repeat=N_POSITIONS)))
    with torch.no_grad():
        total = log_likelihoods(model, codes(1).expand(len(every), -1), every).exp().sum()
    assert float(total) == pytest.approx(1.0, abs=1e-10)


def test_drawn_texts_have_the_frequencies_of_their_likelihoods():
    model, n_draws = module(), 20_000
    noise = Generated(torch.Generator().manual_seed(0))
    with torch.no_grad():
        code = codes(1).expand(n_draws, -1)
        drawn = model.draw(code, None, lambda logits: gumbel(noise, logits))
        index = drawn.unflatten(1, (-1, N_SYMBOLS)).argmax(-1)
        texts, counts = index.unique(dim=0, return_counts=True)
        expected = n_draws * log_likelihoods(model, codes(1).expand(len(texts), -1), texts).exp()
    is_frequent = expected > 20
    assert is_frequent.sum() > 10
    z = (counts - expected)[is_frequent] / expected[is_frequent].sqrt()
    assert float(z.square().mean()) < 2  # one in expectation, of at least ten texts


def test_a_prediction_depends_on_symbols_before_it_only():
    model, code = module(), codes(1)
    index = torch.tensor([[0, 1, 2, 1, 0]])
    changed = index.clone()
    changed[0, 2] = 0
    with torch.no_grad():
        ours, other = (model.decode(code, target=indicators(text))[0] for text in (index, changed))
    same = (ours == other).unflatten(0, (-1, N_SYMBOLS))
    assert same[:3].all()
    assert not same[3:].any()


def test_features_of_the_recurrent_decoder_are_those_of_all_positions():
    hybrid, recurrent = (
        module(decoder=decoder).decoder.features(codes()).unflatten(1, (N_POSITIONS, -1))
        for decoder in ("hybrid", "recurrent")
    )
    assert (recurrent == recurrent[:, :1]).all()
    assert not (hybrid == hybrid[:, :1]).all()


def test_the_ends_of_an_interpolation_are_the_reconstructions(fitted):
    path = fitted.interpolate("to be", "question", n_steps=5)
    assert len(path) == 5
    assert [path[0], path[-1]] == fitted.reconstruct(["to be", "question"])


def test_reconstructions_are_decoded_codes(fitted):
    found = fitted.inverse_transform(fitted.transform(TEXTS[:8]))
    assert found == fitted.reconstruct(TEXTS[:8])


def test_the_bound_is_below_the_likelihood(fitted):
    scores, bounds = fitted.score_samples(TEXTS[:8]), fitted.elbo_samples(TEXTS[:8])
    assert (bounds <= scores + 1e-6).all()
    assert (scores < 0).all()
    assert fitted.score(TEXTS[:8]) == pytest.approx(scores.mean())


# ---------------------------------------------------------------------------------- training


def test_vectors_of_symbols_and_states_have_variance_one_at_first():
    torch.manual_seed(0)
    decoder = TextHybrid(n_positions=N_POSITIONS).build(N_POSITIONS * 100, 8)[1]
    assert float(decoder.embedding.weight.detach().std()) == pytest.approx(1, abs=0.1)
    states = decoder.cells(torch.randn(50, N_POSITIONS, decoder.cells.cells[0].input_size))
    np.testing.assert_allclose(states.detach().std(-1, correction=0), 1, atol=0.01)


def test_hidden_symbols_are_hidden_in_training_only():
    model, code = module(input_dropout=1.0), codes(1)
    first, second = (indicators([[k] * N_POSITIONS]) for k in (0, 1))
    assert not torch.equal(model.decode(code, target=first), model.decode(code, target=second))
    model.train()
    assert torch.equal(model.decode(code, target=first), model.decode(code, target=second))


@pytest.mark.parametrize("per_batch", [False, True])
def test_the_hidden_fraction_is_drawn_from_the_generator(per_batch):
    dropout = module(input_dropout=0.3).decoder.dropout.train()
    x = torch.ones(50, 40, 2)
    with drawing(dropout, torch.Generator().manual_seed(0), per_batch):
        hidden = dropout(x) == 0
    assert 0.15 < float(hidden.float().mean()) < 0.45
    assert (hidden == hidden[..., :1]).all()
    assert (hidden == hidden[:1]).all() == per_batch


def test_the_auxiliary_loss_is_that_of_the_code_alone():
    model = module().train()
    model.bottleneck.generator = torch.Generator().manual_seed(0)
    model.bottleneck.n_draws = 3
    output = model(torch.randn(4, N_POSITIONS * N_SYMBOLS).double())
    found = model.auxiliary(output, None)
    assert found.shape == (3, 4, N_POSITIONS * N_SYMBOLS)
    torch.testing.assert_close(found[1], model.decoder.alone(output.latent.draws[1]))
    found.sum().backward()
    assert all(p.grad is None for p in model.decoder.cells.parameters())


@every_decoder
def test_every_weight_of_encoder_and_decoder_is_trained(decoder):
    before, after = (
        generator(
            network=network(decoder=decoder), learning_rate=rate, max_epochs=1, weight_decay=0
        ).network_
        for rate in (1e-30, 1e-2)
    )
    for part in ("encoder", "decoder"):
        pairs = zip(
            getattr(before, part).named_parameters(),
            getattr(after, part).parameters(),
            strict=True,
        )
        assert not [name for (name, p), q in pairs if torch.equal(p, q)]


def test_the_auxiliary_loss_keeps_the_code_in_use_and_the_recurrent_decoder_ignores_it():
    texts = sorted(name for name in dir(np) if len(name) <= 8 and name[0] != "_")
    settings = {"latent": "normal", "max_epochs": 20, "batch_size": 32, "random_state": 0}
    sizes = {"channels": (16, 16), "hidden_size": 16}
    hybrid = VAEGenerator(4, network=TextHybrid(**sizes), auxiliary=2.0, **settings).fit(texts)
    recurrent = VAEGenerator(4, network=TextHybrid("recurrent", **sizes), **settings).fit(texts)
    assert hybrid.active_units_ > 0
    assert hybrid.kl_per_component_.sum() > 1 > 10 * recurrent.kl_per_component_.sum()
    own, of_others = (loss_with_codes(hybrid, texts, shift) for shift in (0, 1))
    assert of_others > own + 0.5
    same, others = (loss_with_codes(recurrent, texts, shift) for shift in (0, 1))
    assert others == pytest.approx(same, abs=0.1)
    varied, monotonous = (
        len(set(model.sample(100, random_state=0, noise=False))) for model in (hybrid, recurrent)
    )
    assert varied > monotonous


def loss_with_codes(model, texts, shift):
    """Return the mean loss of texts given the codes of other texts, in nats."""
    samples = SampleDataset(model._model, Data(check_samples(model, texts)))

    def log_density(network, batch):
        code = network.encode(batch).roll(shift, 0)
        output, likelihood = network.decode(code, target=batch.target), model._model.loss
        return likelihood.log_density(output, network.noise, batch.target, batch.observed)

    return -run(model._model, samples, log_density).mean()


# ----------------------------------------------------------------------------------- methods


@pytest.mark.parametrize(
    "params",
    [
        {},
        {"latent": "normal", "auxiliary": 0.5, "n_importance_samples": 3},
        {"latent": "vamp", "kl_warmup": 0.5, "network": network(input_dropout=0.5, cell="lstm")},
        {"latent": "vector_quantized", "network": network(decoder="recurrent")},
        {"batch_size": 16, "early_stopping": True, "corruption": "masking"},
        {"dtype": "float32", "free_bits": 0.1},
    ],
)
def test_methods_return_texts(params, tmp_path):
    model = generator(**params)
    texts = model.sample(5, random_state=0)
    assert texts == model.sample(5, random_state=0)
    assert set("".join(texts)) <= set("".join(TEXTS))
    assert len(model.sample(5, random_state=0, noise=False)) == 5
    assert model.impute(["to be"]) == ["to be"]
    assert np.isfinite(model.score_samples([*TEXTS[:3], "t? be"])).all()
    save(model, tmp_path / "model.skops")
    for back in (load(tmp_path / "model.skops"), pickle.loads(pickle.dumps(model))):
        assert back.sample(5, random_state=0) == texts
        assert back.reconstruct(TEXTS) == model.reconstruct(TEXTS)
        np.testing.assert_array_equal(back.score_samples(TEXTS), model.score_samples(TEXTS))


def test_variations_of_a_text(fitted):
    assert len(fitted.perturb(["to be", "is"], n_samples=3, random_state=0)) == 6


def test_texts_of_a_class():
    y = np.array([len(text) > 4 for text in TEXTS])
    settings = {"network": network(), "max_epochs": 2, "random_state": 0, "auxiliary": 0.5}
    model = VAEGenerator(2, conditional=True, **settings).fit(TEXTS, y)
    assert len(model.sample(y=[0, 1, 1], random_state=0)) == 3
    assert model.score_samples(TEXTS, y).shape == (len(TEXTS),)


def test_a_single_text_is_computed_as_among_others(fitted):
    one, all_ = fitted.score_samples(TEXTS[6:7]), fitted.score_samples(TEXTS)
    np.testing.assert_allclose(one, all_[6:7], rtol=1e-6)
    assert fitted.reconstruct("question") == fitted.reconstruct(TEXTS)[6:7]


def test_parameters_of_the_network_can_be_searched():
    estimator = VAEGenerator(2, network=network(), max_epochs=1, random_state=0)
    grid = {"network__hidden_size": [2, 3], "network__input_dropout": [0.5]}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", PosteriorCollapseWarning)
        found = GridSearchCV(estimator, grid, cv=2).fit(TEXTS)
    assert clone(found.best_estimator_).network.input_dropout == 0.5
    assert found.best_estimator_.network.n_positions is None  # the estimator's own is unchanged


def test_a_fit_is_continued():
    model = generator(warm_start=True)
    n_epochs = model.n_epochs_
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", PosteriorCollapseWarning)
        model.fit(TEXTS).partial_fit(TEXTS[:8])
    assert model.n_epochs_ == 2 * n_epochs + 1


class Stopped(BaseException):
    """Stands for the end of the process."""


class Stop(Callback):
    """Ends training after the second epoch."""

    def on_epoch_end(self, net, **kwargs):
        if len(net.history) == 2:
            raise Stopped


def test_an_interrupted_fit_resumes_with_the_same_result(tmp_path, monkeypatch):
    monkeypatch.setattr(_checkpoint, "_MAX_TIME_FRACTION", 1e9)
    settings = {
        "network": network(input_dropout=0.5),
        "max_epochs": 4,
        "batch_size": 16,
        "random_state": 0,
        "checkpoint": tmp_path,
    }
    with pytest.raises(Stopped):
        generator(**settings, callbacks=[Stop()])
    resumed, whole = generator(**settings), generator(**{**settings, "checkpoint": None})
    assert resumed.loss_curve_ == whole.loss_curve_
    np.testing.assert_array_equal(resumed.transform(TEXTS), whole.transform(TEXTS))


# --------------------------------------------------------------------------- other estimators


def test_other_estimators_read_texts_with_it():
    settings = {"network": network(), "max_epochs": 2, "random_state": 0}
    transformer = AutoencoderTransformer(2, **settings).fit(TEXTS)
    assert transformer.transform(TEXTS).shape == (len(TEXTS), 2)
    assert len(transformer.reconstruct(TEXTS)) == len(TEXTS)
    assert np.isfinite(transformer.score(TEXTS))
    assert len(DenoisingAutoencoder(2, **settings).fit(TEXTS).transform(TEXTS)) == len(TEXTS)
    y = [len(text) > 4 for text in TEXTS]
    assert AutoencoderClassifier(2, **settings).fit(TEXTS, y).predict(TEXTS).shape == (64,)


def test_errors_name_the_remedy(fitted, tmp_path):
    part = network()
    with pytest.raises(ValueError, match="reads the symbols before each one"):
        AutoencoderOutlierDetector(2, network=part).fit(TEXTS)
    with pytest.raises(ValueError, match="CausalRecurrent for AutoregressiveGenerator"):
        AutoregressiveGenerator(2, network=part).fit(TEXTS)
    with pytest.raises(ValueError, match="is a network for lists of strings"):
        VAEGenerator(2, network=part).fit(np.random.RandomState(0).rand(20, 4))
    with pytest.raises(ValueError, match=r"(?s)n_positions=4 .* the texts have 10 positions"):
        VAEGenerator(2, network=network(n_positions=4)).fit(TEXTS)
    with pytest.raises(ValueError, match="kernel_size must be odd"):
        VAEGenerator(2, network=network(kernel_size=2)).fit(TEXTS)
    for name, value in [("decoder", "lstm"), ("input_dropout", 1.5), ("hidden_size", 0)]:
        with pytest.raises(ValueError, match=f"'{name}'"):
            VAEGenerator(2, network=network(**{name: value})).fit(TEXTS)
    with pytest.raises(ValueError, match="index 0 has 12 characters"):
        fitted.reconstruct(["to be or not"])
    with pytest.raises(TypeError, match="fitted to texts"):
        export_onnx(fitted, tmp_path / "model.onnx")


def test_the_warning_of_an_unused_code_names_what_keeps_it_in_use():
    settings = {"network": network(), "beta": 100.0, "max_epochs": 2, "random_state": 0}
    with pytest.warns(PosteriorCollapseWarning, match=r'auxiliary=1\.0, and latent="normal"'):
        VAEGenerator(2, latent="normal", **settings).fit(TEXTS)
