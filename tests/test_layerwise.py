"""Pretraining of one pair of stages after another, in networks of all kinds that have them."""

from itertools import pairwise

import numpy as np
import pytest
import torch
from estimators import quick
from torch import nn

from sklearn_autoencoders import (
    AutoencoderClassifier,
    AutoencoderRegressor,
    AutoencoderTransformer,
    DenoisingAutoencoder,
)
from sklearn_autoencoders._training.pretraining import PRETRAINING
from sklearn_autoencoders.networks import Convolutional, Dense, Temporal

IMAGE, SERIES = (5, 6), (30, 1)  # thirty values
NETWORKS = [
    Dense((9, 7)),
    Dense((9, 7), tied_weights=True, batch_norm=True),
    Convolutional(IMAGE, channels=(3, 4)),
    Convolutional(IMAGE, channels=(3, 4), upsample="transposed", hidden_layer_sizes=(6, 5)),
    Convolutional(IMAGE, channels=(3,), bottleneck="spatial", blocks=2, batch_norm=True),
    Convolutional((3, 5, 2), channels=(3, 4, 5), bottleneck="global", pooling=False),
    Convolutional((2, 5, 3), "CHW", channels=(3,), bottleneck="global_max", upsample="bilinear"),
    Temporal(SERIES, channels=(3, 4), kernel_size=3, hidden_layer_sizes=(5,)),
    Temporal(SERIES, channels=(3,), kernel_size=3, bottleneck="spatial"),
]
every_network = pytest.mark.parametrize("network", NETWORKS, ids=str)


def n_components_of(network):
    """Return a latent dimension: two components at each position if the code is spatial."""
    if getattr(network, "bottleneck", None) != "spatial":
        return 2
    return 2 * int(np.prod(network._levels()[1][-1]))


def built(network):
    with torch.random.fork_rng():
        torch.manual_seed(0)
        encoder, decoder = network.build(30, n_components_of(network))
    return encoder.eval(), decoder.eval()


def samples(n_samples=40):
    return np.random.RandomState(0).randn(n_samples, 30).astype(np.float32)


def pretrained(cls, network, **params):
    settings = {"init": "random", "pretraining": "layerwise", "pretraining_epochs": 2}
    settings |= {"network": network, "n_components": n_components_of(network), "max_epochs": 1}
    return quick(cls, **{**settings, **params})


@every_network
def test_the_stages_compose_to_encoder_and_decoder(network):
    encoder, decoder = built(network)
    x = torch.tensor(samples())
    stages = network.stages(encoder, decoder)
    inwards, outwards = zip(*stages, strict=True)
    code = nn.Sequential(*inwards)(x)
    torch.testing.assert_close(code, encoder(x))
    torch.testing.assert_close(nn.Sequential(*outwards[::-1])(code), decoder(code))


@every_network
def test_each_stage_is_an_autoencoder_of_the_codes_before(network):
    x, found = torch.tensor(samples()), set()
    for inwards, outwards in network.stages(*built(network)):
        code = inwards(x)
        assert code.ndim == 2
        assert outwards(code).shape == x.shape
        own = {id(p) for part in (inwards, outwards) for p in part.parameters()}
        assert own
        assert not own & found
        found |= own
        x = code
    everything = {id(p) for part in built(network) for p in part.parameters()}
    assert len(found) == len(everything)


@every_network
def test_one_stage_changes_at_a_time(network, monkeypatch):
    states, owners = [], {}

    def recorded(model, part, *args):
        whole = model.network
        names = {id(parameter): name for name, parameter in whole.named_parameters()}
        for number, pair in enumerate(part.stages(whole.encoder, whole.decoder)):
            owners.update({names[id(p)]: number for module in pair for p in module.parameters()})
        states.append({name: p.detach().clone() for name, p in whole.named_parameters()})
        for history in PRETRAINING_LAYERWISE(model, part, *args):
            states.append({name: p.detach().clone() for name, p in whole.named_parameters()})
            yield history

    monkeypatch.setitem(PRETRAINING, "layerwise", recorded)
    fitted = pretrained(AutoencoderTransformer, network).fit(samples())
    assert len(states) - 1 == len(fitted.pretraining_curves_) == len(set(owners.values()))
    for number, (before, after) in enumerate(pairwise(states)):
        changed = {name for name in before if not torch.equal(before[name], after[name])}
        assert changed
        assert {owners[name] for name in changed} == {number}


PRETRAINING_LAYERWISE = PRETRAINING["layerwise"]


@pytest.mark.parametrize(
    ("network", "n_stages"), [(NETWORKS[2], 3), (NETWORKS[4], 2), (NETWORKS[7], 4)], ids=str
)
@pytest.mark.parametrize(
    "cls", [AutoencoderClassifier, AutoencoderRegressor, DenoisingAutoencoder], ids=str
)
def test_estimators_pretrain_convolutional_stages(cls, network, n_stages):
    X = samples()
    y = (X.sum(axis=1) > 0).astype(int)
    fitted = pretrained(cls, network).fit(X, y if "Denoising" not in cls.__name__ else None)
    assert [len(curve) for curve in fitted.pretraining_curves_] == [2] * n_stages
    assert np.isfinite(fitted.transform(X)).all()


def test_series_with_missing_values_are_pretrained():
    X = samples()
    X[::3, :5] = np.nan
    fitted = pretrained(AutoencoderTransformer, NETWORKS[7]).fit(X)
    assert len(fitted.pretraining_curves_) == 4
    assert np.isfinite(fitted.transform(X)).all()


@pytest.mark.parametrize(
    ("cls", "params", "reason"),
    [
        (AutoencoderClassifier, {"pretraining": None}, "pretraining=None"),
        (AutoencoderRegressor, {"encoder": AutoencoderTransformer(2)}, "encoder is given"),
        (DenoisingAutoencoder, {}, "pretraining=None"),
    ],
    ids=lambda value: getattr(value, "__name__", None),
)
def test_a_corruption_without_pretraining_warns(cls, params, reason):
    X, y = np.random.RandomState(0).randn(20, 3), np.arange(20) % 2
    given = quick(cls, pretraining_corruption="masking", **params)
    with pytest.warns(UserWarning, match=f"pretraining_corruption=.*no effect, because {reason}"):
        given.fit(X, y)
