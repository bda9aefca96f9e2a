"""Typos in texts, similar words, and their correction."""

import math
import pickle

import numpy as np
import pytest
import torch

from sklearn_autoencoders import (
    AutoencoderTransformer,
    AutoregressiveGenerator,
    DenoisingAutoencoder,
    load,
    save,
)
from sklearn_autoencoders._data.tables.column_kinds import Limits
from sklearn_autoencoders._data.tables.texts import Texts
from sklearn_autoencoders._utils.keyboard import are_neighbors
from sklearn_autoencoders.corruptions import Masking, Typo
from sklearn_autoencoders.networks import BidirectionalRecurrent, CausalRecurrent
from sklearn_autoencoders.texts import Candidate, Spelling
from sklearn_autoencoders.texts._edit_distance import EditDistances, sound_of
from sklearn_autoencoders.texts._spelling import WordList, count_words

TEXTS = ["the cat sat on the mat", "the rat ate the hat", "a cat and a hat"] * 30
WORDS = " ".join(TEXTS[:3]).split() * 20
SETTINGS = {"corruption": Typo(), "max_epochs": 30, "random_state": 0}


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def with_typos(texts, seed=0, **parameters):
    """Return texts after a corruption with these parameters."""
    learned, cells = Texts.learn(texts, Limits())
    typo = Typo(**parameters).bound_to(learned.symbols)
    return learned.decode(typo(torch.tensor(cells), generator(seed)).numpy())


def edits(first, second, keyboard):
    """Return the distance of optimal string alignment, cell by cell."""
    d = {}
    for i in range(len(first) + 1):
        for j in range(len(second) + 1):
            if not (i and j):
                d[i, j] = float(i + j)
                continue
            a, b = first[i - 1], second[j - 1]
            cost = 0 if a == b else 0.5 if keyboard and are_neighbors(a, b) else 1
            d[i, j] = min(d[i - 1, j] + 1, d[i, j - 1] + 1, d[i - 1, j - 1] + cost)
            if i > 1 and j > 1 and a == second[j - 2] and b == first[i - 2]:
                d[i, j] = min(d[i, j], d[i - 2, j - 2] + 1)
    return d[len(first), len(second)]


# ------------------------------------------------------------------------------------ typos


def test_a_single_error_is_a_single_edit():
    longest, rng = "abcdefghijklmnopqrst", np.random.RandomState(0)
    texts = [longest, *("".join(rng.permutation(list(longest))[:8]) for _ in range(400))]
    changed = with_typos(texts, rate=0.02, keyboard=False)
    counts = [edits(a, b, False) for a, b in zip(texts, changed, strict=True) if a != b]
    lengths = {len(b) - len(a) for a, b in zip(texts, changed, strict=True)}
    assert {-1, 0, 1} <= lengths
    assert np.mean(np.array(counts) == 1) > 0.85  # the others have two errors


def test_the_rate_is_that_of_errors_and_their_kinds_are_equally_likely():
    texts = ["x" * 100, *["ab" * 20] * 500]
    cells = Texts.learn(texts, Limits())[1][1:]
    before = torch.tensor(cells)
    after = Typo(rate=0.01, symbols=["a", "b", "x"])(before, generator())
    n = 500 * 40
    growth = (after == 3).long().argmax(1) - 40
    longer, shorter = growth.clamp(min=0).sum(), (-growth).clamp(min=0).sum()
    for count in (longer, shorter):
        assert count.item() == pytest.approx(n * 0.01 / 4, abs=5 * math.sqrt(n * 0.01 / 4))


def test_replacements_are_neighboring_keys_of_the_same_case():
    letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
    changed = with_typos([letters] * 300, rate=0.01)
    pairs = {
        next((a, b) for a, b in zip(letters, text, strict=True) if a != b)
        for text in changed
        if len(text) == len(letters) and sum(map(str.__ne__, letters, text)) == 1
    }
    assert len(pairs) > 10
    assert all(are_neighbors(one, other) for one, other in pairs)
    for one, other in ("tr", "TR", "aq"):
        assert are_neighbors(one, other)
    for one, other in ("tR", "qp", "aa", "äa"):
        assert not are_neighbors(one, other)


def test_texts_stay_within_their_length_and_keep_their_end():
    changed = with_typos(["abcdefgh"] * 200, rate=0.5, keyboard=False)
    assert {len(text) for text in changed} >= {4, 5, 6, 7, 8}
    assert max(map(len, changed)) <= 8


def test_white_space_and_unknown_characters_are_not_changed():
    texts = ["ab cd ef"] * 100
    changed = with_typos(texts, rate=0.5)
    assert {text.count(" ") for text in changed} == {2}
    x = torch.tensor([[0.0, math.nan, 1.0, 2.0, math.nan]]).expand(200, -1)
    after = Typo(0.5, symbols=["a", "b"])(x, generator())
    is_end = after == 2
    assert is_end.sum(1).eq(1).all()
    before_end = is_end.cumsum(1) == 0
    assert (after.isnan() & before_end).sum(1).eq(1).all()


def test_typo_needs_texts():
    with pytest.raises(TypeError, match="Typo is a corruption of texts, and X is not a list"):
        DenoisingAutoencoder(**SETTINGS).fit(np.ones((20, 3)) * np.arange(3))
    with pytest.raises(ValueError, match="symbols must be given to use Typo outside"):
        Typo()(torch.ones(2, 3), generator())


def test_other_estimators_and_other_corruptions_take_part():
    model = AutoencoderTransformer(4, corruption=[Typo(0.1), Masking(0.1)], max_epochs=2)
    assert model.fit(TEXTS).transform(TEXTS[:2]).shape == (2, 4)


# ---------------------------------------------------------------------------------- network


def test_texts_are_corrected_position_by_position():
    texts = ["to be", "or not", "to be"] * 40
    network = BidirectionalRecurrent(n_embedding=16)
    settings = {"weight_decay": 0, "learning_rate": 0.02, "batch_size": 16, "random_state": 0}
    denoiser = DenoisingAutoencoder(
        32, network=network, corruption=Typo(), max_epochs=30, **settings
    ).fit(texts)
    assert denoiser.transform(["tobe", "ro not", "to b"]) == ["to be", "or not", "to be"]
    assert denoiser.set_params(output="code").transform(texts[:3]).shape == (3, 32)


def test_the_output_depends_on_both_sides():
    torch.manual_seed(0)
    encoder, decoder = BidirectionalRecurrent(n_embedding=4).build(3, 6)
    x = torch.randn(1, 5, 3, requires_grad=True)
    decoder(encoder(x))[0, 2].sum().backward()
    assert (x.grad.abs().sum(2) > 0).all()


def test_what_the_network_cannot_read():
    with pytest.raises(TypeError, match="reads texts, and X is not a list of strings"):
        DenoisingAutoencoder(8, network=BidirectionalRecurrent()).fit(
            np.random.RandomState(0).rand(9, 3)
        )
    with pytest.raises(ValueError, match="n_components must be an int for network"):
        DenoisingAutoencoder(network=BidirectionalRecurrent()).fit(TEXTS)
    with pytest.raises(ValueError, match="n_components must be even"):
        DenoisingAutoencoder(7, network=BidirectionalRecurrent()).fit(TEXTS)
    with pytest.raises(ValueError, match="which only AutoregressiveGenerator is for"):
        DenoisingAutoencoder(8, network=CausalRecurrent()).fit(TEXTS)
    with pytest.raises(ValueError, match="reads sequences of symbols"):
        AutoencoderTransformer(8, network=BidirectionalRecurrent()).fit(TEXTS)
    with pytest.raises(ValueError, match="network"):
        AutoregressiveGenerator(8, network=BidirectionalRecurrent()).fit(TEXTS)


# ------------------------------------------------------------------------------ similar words


@pytest.mark.parametrize("keyboard", [False, True])
def test_distances_are_those_of_the_definition(keyboard):
    rng = np.random.RandomState(0)
    words = sorted({"".join(rng.choice(list("aesrt"), rng.randint(1, 7))) for _ in range(300)})
    distances = EditDistances(words, keyboard)
    for word in ("", "rats", "stare", "tzß"):
        expected = [edits(word, other, keyboard) for other in words]
        np.testing.assert_array_equal(distances.between(word, np.arange(len(words))), expected)
        for limit in (0, 1, 2.5):
            places, found = distances.within(word, limit)
            np.testing.assert_array_equal(places, np.flatnonzero(np.array(expected) <= limit))
            np.testing.assert_array_equal(found, np.array(expected)[places])


@pytest.mark.parametrize(
    ("one", "other"),
    [("knight", "nite"), ("station", "stashun"), ("phone", "fone"), ("catch", "katch")],
)
def test_words_that_sound_alike(one, other):
    assert sound_of(one) == sound_of(other)
    assert sound_of("cat") != sound_of("cap")


def test_candidates_are_the_most_similar_words_and_the_word_itself():
    words = WordList(["cat", "car", "cart", "dog", "cat"], Spelling(max_distance=1))
    found, distances = words.similar("cat")
    assert found[0] == "cat"
    assert set(found) == {"cat", "car", "cart"}
    assert (np.diff(distances) >= 0).all()
    assert WordList([], Spelling()).similar("cat")[0] == ["cat"]
    found = count_words(["to be, or not to be", "don't 5 x_y"])
    assert found == {"to": 2, "be": 2, "or": 1, "not": 1, "don't": 1, "x": 1, "y": 1}


# --------------------------------------------------------------------------------- correction


@pytest.fixture(scope="module")
def speller():
    return DenoisingAutoencoder(spelling=Spelling(), **SETTINGS).fit(WORDS)


def test_words_are_corrected_and_everything_else_remains(speller):
    assert speller.transform(["teh cat", "the rat", "", "..."]) == ["the cat", "the rat", "", "..."]
    assert next(iter(speller.words_.items())) == ("the", 80)


def test_corrections_have_the_capitals_of_the_given_word(speller):
    assert speller.transform(["Teh cat", "TEH Cta", "The RAT"]) == ["The cat", "THE Cat", "The RAT"]
    small, title, upper = speller.candidates(["teh", "Teh", "TEH"])
    assert [one.candidate.lower() for one in title] == [one.candidate for one in small]
    assert [one.candidate.lower() for one in upper] == [one.candidate for one in small]
    assert [one.confidence for one in title] == pytest.approx([one.confidence for one in small])


def test_capitals_of_the_dictionary_remain():
    words = WordList({"Rome": 2, "rome": 1, "come": 1, "IBM": 1}, Spelling(max_distance=1))
    assert set(words.similar("Rmoe")[0]) == {"Rmoe", "Rome"}
    assert {"Rome", "Come"} <= set(words.similar("Romee")[0] + words.similar("Comee")[0])
    assert "Rome" not in words.similar("romee")[0][:2]
    assert words.log_frequencies(["Rmoe", "Rome"])[1] == pytest.approx(np.log(3 / 5))
    assert "IBM" in words.similar("IBN")[0]
    assert "IBM" in words
    assert "Come" in words
    assert "cOME" not in words


def test_candidates_have_positions_and_confidences(speller):
    found = speller.candidates(["teh cat", ""], k=3)
    assert [len(own) for own in found][1] == 0
    best = next(one for one in found[0] if one.position == 0)
    assert isinstance(best, Candidate)
    assert (best.word, best.candidate) == ("teh", "the")
    assert {one.position for one in found[0]} == {0, 4}
    everything = speller.candidates(["teh"], k=1000)[0]
    assert sum(one.confidence for one in everything) == pytest.approx(1)
    assert {"teh", "the"} <= {one.candidate for one in everything}


def test_texts_can_be_longer_than_those_of_the_fit(speller):
    long = "teh cat sat on teh mat and antidisestablishmentarianism " * 3
    assert speller.transform([long]) == [long.replace("teh", "the")]
    with pytest.raises(ValueError, match="characters, but the longest one"):
        speller.set_params(spelling=Spelling(context=True)).transform([long])
    speller.set_params(spelling=Spelling())


def test_the_network_can_read_the_context():
    model = DenoisingAutoencoder(spelling=Spelling(context=True), **SETTINGS).fit(TEXTS)
    assert model.transform(["teh cat sat on the mta"]) == ["the cat sat on the mat"]


def test_without_candidates_the_text_is_unchanged(speller):
    same = speller.set_params(spelling=Spelling(words=[])).transform(["teh czt"])
    speller.set_params(spelling=Spelling())
    assert same == ["teh czt"]


def test_a_large_threshold_keeps_known_words(speller):
    speller.set_params(spelling=Spelling(threshold=1e9))
    assert speller.transform(["the hat cat"]) == ["the hat cat"]
    speller.set_params(spelling=Spelling())


def test_spelling_is_saved(speller, tmp_path):
    save(speller, tmp_path / "model.skops")
    for copy in (load(tmp_path / "model.skops"), pickle.loads(pickle.dumps(speller))):
        assert copy.words_ == speller.words_
        assert copy.transform(["teh cat"]) == ["the cat"]


def test_a_word_without_similar_ones_remains(speller):
    assert speller.transform(["éàü", "é", ""]) == ["éàü", "é", ""]


def test_words_with_rare_characters_are_not_in_the_dictionary():
    model = DenoisingAutoencoder(spelling=Spelling(), min_frequency=5, **SETTINGS)
    assert set(model.fit([*WORDS, "café"]).words_) == set(WORDS)


@pytest.mark.parametrize("context", [False, True])
def test_words_are_corrected_after_one_that_becomes_several(context):
    words = {"e-m": 1e9, "the": 1e9}
    model = DenoisingAutoencoder(spelling=Spelling(words, 0.0, context=context), **SETTINGS)
    model.fit(TEXTS)
    assert model.transform(["em teh teh"]) == ["e-m the the"]


@pytest.mark.parametrize(
    ("words", "error", "message"),
    [
        ([1, 2], TypeError, "must be strings; got 1"),
        ({"the": "3"}, ValueError, "positive, finite number of times; got '3' for 'the'"),
        ({"the": 0}, ValueError, "positive, finite"),
        ({"the": float("nan")}, ValueError, "positive, finite"),
    ],
)
def test_a_dictionary_is_checked_before_training(words, error, message):
    model = DenoisingAutoencoder(spelling=Spelling(words), **SETTINGS)
    with pytest.raises(error, match=message):
        model.fit(TEXTS)
    assert not hasattr(model, "network_")


def test_partial_fits_add_their_words():
    model = DenoisingAutoencoder(4, spelling=Spelling(), corruption=Typo(), random_state=0)
    model.partial_fit(["cat hat", "hat cat"] * 10)
    model.partial_fit(["tat", "ach"] * 10)
    assert model.words_ == {"cat": 20, "hat": 20, "tat": 10, "ach": 10}


def test_what_spelling_needs(speller):
    plain = DenoisingAutoencoder(4, max_epochs=1).fit(TEXTS)
    with pytest.raises(ValueError, match="candidates needs a dictionary"):
        plain.candidates(["teh"])
    with pytest.raises(ValueError, match="words of the texts are not known"):
        plain.set_params(spelling=Spelling()).transform(["teh"])
    assert plain.set_params(spelling=Spelling(words=["the"])).transform(["the"]) == ["the"]
    numbers = DenoisingAutoencoder(2, spelling=Spelling(), max_epochs=1)
    with pytest.raises(TypeError, match="X is not a list of strings"):
        speller.transform(np.ones((2, 3)))
    with pytest.raises(TypeError, match="not fitted to a list of strings"):
        numbers.fit(np.random.RandomState(0).rand(20, 3))
    with pytest.raises(ValueError, match="'distance' parameter of Spelling"):
        speller.set_params(spelling=Spelling(distance=-1)).transform(["the"])
    speller.set_params(spelling=Spelling())
    with pytest.raises(ValueError, match="k == 0"):
        speller.candidates(["the"], k=0)


def test_mean_states_are_not_decoded():
    network = BidirectionalRecurrent()
    model = DenoisingAutoencoder(8, network=network, output="code", max_epochs=1).fit(TEXTS)
    with pytest.raises(ValueError, match="cannot be decoded"):
        model.inverse_transform(model.transform(TEXTS[:2]))
