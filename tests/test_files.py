"""Model files, including damaged, malicious and incomplete ones."""

import errno
import io
import json
import os
import pickle
import sys
import zipfile
from dataclasses import replace

import joblib
import numpy as np
import pytest
from estimators import CASES, EVERY, PREDICTORS, PUBLIC, quick
from helpers import assert_same, case, outputs, snapshot, table
from scipy import sparse
from sklearn.base import BaseEstimator
from sklearn.exceptions import InconsistentVersionWarning, NotFittedError
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler
from skops import io as skops
from skorch import NeuralNetRegressor

from sklearn_autoencoders import AutoencoderFeatureUnion, AutoencoderTransformer, load, save
from sklearn_autoencoders._persistence.archives import _unfolded
from sklearn_autoencoders.exceptions import (
    IncompatibleVersionError,
    ModelFileError,
    UntrustedTypesError,
)
from sklearn_autoencoders.networks import Convolutional, Dense, EncoderDecoder, Recurrent, Temporal

OURS = (ModelFileError, UntrustedTypesError, IncompatibleVersionError)
LABELS = (table()[:, 0] > 0.5).astype(int)

SAVES = {"model.skops": save, "model.safetensors": lambda e, path: e.to_safetensors(path)}
every_format = pytest.mark.parametrize("name", SAVES)

ESTIMATORS = [
    *CASES,
    *(cls(n_components=3, random_state=0, max_epochs=3) for cls in PREDICTORS),
    AutoencoderTransformer(2, network=Dense((8,), tied_weights=True), init="random"),
    AutoencoderTransformer(2, network=Convolutional((2, 3), channels=(4,)), init="random"),
    AutoencoderTransformer(2, network=Dense((8, 4), batch_norm=True), init="random"),
    AutoencoderTransformer(2, network=Temporal((3, 2), channels=(4,))),
    AutoencoderTransformer(2, network=Convolutional((2, 3), channels=(4,), bottleneck="spatial")),
    AutoencoderTransformer(
        2, network=EncoderDecoder(Dense((8,)), Temporal((3, 2), hidden_layer_sizes=(5,)))
    ),
    AutoencoderTransformer(2, network=Recurrent((3, 2), hidden_size=4)),
]


def fitted(estimator):
    return case(estimator).fit(table(), *([LABELS] if type(estimator) in PREDICTORS else []))


def results(estimator):
    """Return the output of the methods that require no labels."""
    if type(estimator) in PREDICTORS:
        return {"predict": estimator.predict(table()), "codes": estimator.transform(table())}
    return outputs(estimator, table())


# ----------------------------------------------------------------------------------- round trips


@every_format
@pytest.mark.parametrize("estimator", ESTIMATORS, ids=repr)
def test_round_trip_is_exact_and_small(estimator, name, tmp_path):
    model, path = fitted(estimator), tmp_path / name
    SAVES[name](model, path)
    back = load(path)
    assert_same(results(back), results(model))
    assert vars(back).keys() == vars(model).keys()
    assert repr(back) == repr(model)
    n_bytes = sum(array.nbytes for array in model.__getstate__()["_weights"].values())
    assert path.stat().st_size <= 1.2 * n_bytes + 50_000


@pytest.mark.parametrize("cls", EVERY, ids=lambda cls: cls.__name__)
def test_an_estimator_that_is_not_fitted_can_be_saved_but_not_its_weights(cls, tmp_path):
    save(cls(), tmp_path / "model.skops")
    assert repr(load(tmp_path / "model.skops")) == repr(cls())
    if hasattr(cls, "to_safetensors"):
        with pytest.raises(NotFittedError):
            cls().to_safetensors(tmp_path / "model.safetensors")


def test_pipelines_and_unions_are_saved(tmp_path):
    codes = case(AutoencoderTransformer(2))
    model = make_pipeline(StandardScaler(), AutoencoderFeatureUnion(codes)).fit(table())
    save(model, tmp_path / "model.skops")
    np.testing.assert_array_equal(
        load(tmp_path / "model.skops").transform(table()), model.transform(table())
    )


@every_format
def test_training_continues_after_loading(name, tmp_path):
    model = fitted(AutoencoderTransformer(2))
    SAVES[name](model, tmp_path / name)
    back = load(tmp_path / name).partial_fit(table())
    assert_same(results(back), results(model.partial_fit(table())))


@every_format
def test_saving_and_loading_change_nothing_global(name, tmp_path):
    model = fitted(AutoencoderTransformer(2))
    SAVES[name](model, tmp_path / name)  # imports can change global state
    before = snapshot()
    SAVES[name](model, tmp_path / name)
    load(tmp_path / name)
    with pytest.raises(ModelFileError):
        load(__file__)
    assert snapshot() == before


def test_weights_have_their_names_in_safetensors(tmp_path):
    safetensors = pytest.importorskip("safetensors.numpy")
    model = fitted(AutoencoderTransformer(2))
    model.to_safetensors(tmp_path / "model.safetensors")
    tensors = safetensors.load_file(tmp_path / "model.safetensors")
    for name, parameter in model.network_.state_dict().items():
        np.testing.assert_array_equal(tensors[f"network.{name}"], parameter)


# ------------------------------------------------------------------------------ versions and trust


def _as_if_saved_by(monkeypatch, name, value, path):
    with monkeypatch.context() as patch:
        patch.setattr(f"sklearn_autoencoders._persistence.state.{name}", value)
        save(fitted(AutoencoderTransformer(2)), path)


def test_a_later_format_is_refused_and_another_version_warned_of(monkeypatch, tmp_path):
    path = tmp_path / "model.skops"
    _as_if_saved_by(monkeypatch, "FORMAT", 99, path)
    with pytest.raises(IncompatibleVersionError, match="format 99"):
        load(path)
    _as_if_saved_by(monkeypatch, "__version__", "0.0.1", path)
    with pytest.warns(InconsistentVersionWarning, match=r"0\.0\.1") as caught:
        joblib.dump(load(path), tmp_path / "model.joblib")
    monkeypatch.setattr("sklearn_autoencoders._persistence.state.__version__", "0.0.2")
    with pytest.warns(InconsistentVersionWarning) as caught_by_joblib:
        joblib.load(tmp_path / "model.joblib")
    for warning in (*caught, *caught_by_joblib):
        assert warning.filename == __file__


class Foreign(BaseEstimator):
    """An untrusted class."""


def shout(X):
    """An untrusted function."""
    raise AssertionError("code of a file has run")


@pytest.mark.parametrize("trusted", [[Foreign], [f"{__name__}.Foreign"], Foreign])
def test_other_types_are_named_and_loaded_once_they_are_trusted(trusted, tmp_path):
    path = tmp_path / "model.skops"
    save(make_pipeline(Foreign(), FunctionTransformer(shout)), path)
    with pytest.raises(UntrustedTypesError, match="Foreign") as caught:
        load(path)
    assert caught.value.types == [f"{__name__}.Foreign", f"{__name__}.shout"]
    assert pickle.loads(pickle.dumps(caught.value)).types == caught.value.types
    save(Foreign(), path)
    assert type(load(path, trusted=trusted)) is Foreign
    with pytest.raises(TypeError, match="trusted must contain"):
        load(path, trusted=[3])


class Mine(AutoencoderTransformer):
    """A class of another package that is derived from a class of this package."""


def test_a_subclass_is_saved_but_not_as_safetensors(tmp_path):
    model = fitted(Mine(2))
    with pytest.raises(TypeError, match="Use save"):
        model.to_safetensors(tmp_path / "model.safetensors")
    save(model, tmp_path / "model.skops")
    back = load(tmp_path / "model.skops", trusted=[Mine])
    assert_same(results(back), results(model))


def test_unrelated_errors_are_not_attributed_to_the_file(tmp_path, monkeypatch):
    save(fitted(AutoencoderTransformer(2)), tmp_path / "model.skops")

    def fail(*args, **kwargs):
        raise MemoryError("full")

    monkeypatch.setattr(skops, "loads", fail)
    with pytest.raises(MemoryError, match="full"):
        load(tmp_path / "model.skops")


@every_format
def test_an_error_says_how_to_install_what_is_missing(name, tmp_path, monkeypatch):
    model, path = fitted(AutoencoderTransformer(2)), tmp_path / name
    SAVES[name](model, path)
    for module in ("skops.io", "safetensors.numpy")[: 1 + name.endswith("safetensors")]:
        with monkeypatch.context() as patch:
            patch.setitem(sys.modules, module, None)
            for call in (lambda: SAVES[name](model, path), lambda: load(path)):
                with pytest.raises(ImportError, match=rf"{module}.*autoencoders\[persist\]'"):
                    call()
    assert_same(results(load(path)), results(model))


def test_a_network_of_skorch_is_refused_for_the_pickle_inside(tmp_path):
    from torch import nn

    net = NeuralNetRegressor(nn.Linear, module__in_features=6, module__out_features=1, verbose=0)
    net.initialize()
    with pytest.raises(TypeError, match="without a pickle"):
        save(make_pipeline(net), tmp_path / "model.skops")
    assert os.listdir(tmp_path) == []


def test_a_function_that_has_no_name_is_refused(tmp_path):
    for function in (lambda X: X,):
        with pytest.raises((TypeError, AttributeError)):
            save(FunctionTransformer(function), tmp_path / "model.skops")
    corrupting = AutoencoderTransformer(corruption=lambda x, generator, shared=False: x)
    with pytest.raises(TypeError, match="moved to a module"):
        save(corrupting, tmp_path / "model.skops")
    assert os.listdir(tmp_path) == []


# ------------------------------------------------------------------------------------------ disks


@every_format
@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EROFS, errno.EACCES])
def test_a_full_or_read_only_disk_leaves_the_earlier_file(name, code, tmp_path, monkeypatch):
    model, path = fitted(AutoencoderTransformer(2)), tmp_path / name
    SAVES[name](model, path)
    before = path.read_bytes()

    def fail(handle):
        raise OSError(code, os.strerror(code))

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", fail)
        with pytest.raises(OSError, match="an existing file is unchanged") as caught:
            SAVES[name](model, path)
    assert caught.value.filename == os.fspath(path)
    assert caught.value.errno == code
    assert os.listdir(tmp_path) == [name]
    assert path.read_bytes() == before


@every_format
def test_a_bad_path_is_named(name, tmp_path):
    model = fitted(AutoencoderTransformer(2))
    for path in (tmp_path, tmp_path / "nowhere" / name):
        with pytest.raises(OSError, match=str(tmp_path)):
            SAVES[name](model, path)
        with pytest.raises(OSError, match=str(tmp_path)):
            load(path)
    assert os.listdir(tmp_path) == []


def test_a_link_stays_a_link_and_the_mode_is_that_of_other_files(tmp_path):
    (tmp_path / "real").mkdir()
    (tmp_path / "other").write_text("")
    (tmp_path / "link.skops").symlink_to(tmp_path / "real" / "model.skops")
    save(AutoencoderTransformer(2), tmp_path / "link.skops")
    real = tmp_path / "real" / "model.skops"
    assert (tmp_path / "link.skops").is_symlink()
    assert real.stat().st_mode == (tmp_path / "other").stat().st_mode


# -------------------------------------------------------------------------------------------- fuzz


def _mutations(data, n_mutations):
    """Yield files with flipped bits, or with truncated, missing, repeated or overwritten parts."""
    rng = np.random.RandomState(0)
    for _ in range(n_mutations):
        damaged, kind = bytearray(data), rng.randint(6)
        start, end = np.sort(rng.randint(len(data), size=2))
        if kind < 3:
            for place in rng.randint(len(data), size=kind + 1):
                damaged[place] ^= 1 << rng.randint(8)
        elif kind == 3:
            damaged = damaged[:start]
        elif kind == 4:
            damaged[start : start + 16] = rng.bytes(16)
        else:
            damaged = damaged[:start] + damaged[end:]
        if damaged != data:
            yield bytes(damaged)


@every_format
@pytest.mark.parametrize("n_mutations", [500, pytest.param(10_000, marks=pytest.mark.long)])
def test_damaged_files_are_rejected_or_give_the_same_model(
    name, n_mutations, tmp_path, monkeypatch
):
    for runner in (os, "system"), (pickle, "loads"), (pickle, "load"):
        monkeypatch.setattr(*runner, shout)
    model = fitted(AutoencoderTransformer(2, hidden_layer_sizes=(4,)))
    path, expected = tmp_path / name, results(model)
    SAVES[name](model, path)
    n_refused = n_loaded = 0
    for damaged in _mutations(path.read_bytes(), n_mutations):
        path.write_bytes(damaged)
        try:
            back = load(path)
        except OURS:
            n_refused += 1
        else:  # irrelevant bytes, such as the date in an archive
            assert_same(results(back), expected)
            n_loaded += 1
    assert n_refused + n_loaded >= 0.995 * n_mutations
    assert n_loaded < 0.05 * n_mutations


# ------------------------------------------------------------------------------- made-up files


def _members():
    """Return the members of a valid archive, and its description."""
    archive = zipfile.ZipFile(io.BytesIO(skops.dumps(fitted(AutoencoderTransformer(2)))))
    members = {name: archive.read(name) for name in archive.namelist()}
    return members, json.loads(members.pop("schema.json"))


def _written(path, members, description=None, compression=zipfile.ZIP_STORED):
    with zipfile.ZipFile(path, "w", compression) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
        if description is not None:
            archive.writestr("schema.json", json.dumps(description))


def _first_array(members):
    return next(name for name in members if name.endswith(".npy"))


def _node(loader, module, name, content):
    return {"__class__": name, "__module__": module, "__loader__": loader, "content": content}


def _npy(array, **options):
    file = io.BytesIO()
    np.save(file, array, **options)
    return file.getvalue()


class Bomb:
    """Runs code when it is unpickled."""

    def __reduce__(self):
        return shout, (None,)


def _hidden_pickle(path):
    members, description = _members()
    members[_first_array(members)] = _npy(np.array([Bomb()], dtype=object), allow_pickle=True)
    _written(path, members, description)


def _pickle_beside(path):
    members, description = _members()
    _written(path, {**members, "model.pkl": pickle.dumps(Bomb())}, description)


def _only_a_pickle(path):
    path.write_bytes(pickle.dumps(Bomb()))


def _unknown_class(path):
    members, description = _members()
    _written(path, members, {**description, "__class__": "Popen", "__module__": "subprocess"})


def _function(path):
    content = {"module_path": "os", "function": "system"}
    _, description = _members()
    protocol = {key: description[key] for key in ("protocol", "_skops_version")}
    _written(path, {}, {**_node("FunctionNode", "os", "system", content), **protocol})


def _function_of_ours(path):
    _, description = _members()
    protocol = {key: description[key] for key in ("protocol", "_skops_version")}
    node = _node("TypeNode", "sklearn_autoencoders._persistence.files", "os", None)
    _written(path, {}, {**node, **protocol})


def _shape_bomb(path):
    members, description = _members()
    array = _npy(np.zeros((2, 2)))
    members[_first_array(members)] = array.replace(b"(2, 2)", b"(9999999999, 9)")
    _written(path, members, description)


def _recipe_bomb(path):
    model = fitted(AutoencoderTransformer(2))
    model._recipe = replace(model._recipe, n_components=10**12)
    save(model, path)


def _deep_description(path):
    _written(path, {"schema.json": "[" * 200_000 + "]" * 200_000})


def _zip_bomb(path):
    members, description = _members()
    members["zeros.npy"] = bytes(2**24)
    _written(path, members, description, zipfile.ZIP_DEFLATED)


def _bomb_in_a_sparse_matrix(path):
    file = io.BytesIO()
    sparse.save_npz(file, sparse.csr_matrix((2**21, 2)), compressed=True)
    members, description = _members()
    _written(path, {**members, "matrix.npz": file.getvalue()}, description)


def _bomb_in_a_bomb(path):
    inner, outer = io.BytesIO(), io.BytesIO()
    with zipfile.ZipFile(inner, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("zeros.npy", _npy(np.zeros(2**16)))
    with zipfile.ZipFile(outer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("inner.npz", inner.getvalue())
    members, description = _members()
    _written(path, {**members, "matrix.npz": outer.getvalue()}, description)


def _wide_images(path):
    """A network with few weights but large activations."""
    narrow = Convolutional((2, 2), channels=(1,), kernel_size=1)
    model = case(AutoencoderTransformer(2, network=narrow, init="random")).fit(table(60, 4))
    wide = Convolutional((512, 512), channels=(2**14, 1), kernel_size=1)
    model._recipe = replace(model._recipe, network=wide, n_features=2**18)
    save(model, path)


def _raw_bytes_called_an_array(path):
    members, description = _members()
    members["bytes.npy"] = pickle.dumps(Bomb())
    _written(path, members, description)


def _description_of_references(path):
    node = _node("JsonNode", "builtins", "str", "1")
    for level in range(60):
        inner = {**node, "__id__": level}
        again = {**_node("CachedNode", "builtins", "list", None), "__id__": level}
        node = _node("ListNode", "builtins", "list", [inner, again])
    _, description = _members()
    _written(path, {}, {**node, "protocol": description["protocol"], "_skops_version": "0"})


def _scale_without_end(path):
    model = fitted(AutoencoderTransformer(2))
    model.scale_ = model.scale_ * np.inf
    save(model, path)


def _safetensors_of_weights_alone(path):
    import hashlib

    safetensors = pytest.importorskip("safetensors.numpy")
    data = safetensors.save({"network.x": np.zeros(3)})
    length = int.from_bytes(data[:8], "little")
    described = json.dumps(json.loads(data[8 : 8 + length]), sort_keys=True).encode()
    digest = hashlib.sha256(described + data[8 + length :]).hexdigest()
    path.write_bytes(safetensors.save({"network.x": np.zeros(3)}, metadata={"sha256": digest}))


def _path_traversal(path):
    members, description = _members()
    _written(path, {**members, "../../evil.sh": b"echo"}, description)


def _two_of_one_name(path):
    members, description = _members()
    _written(path, members, description)
    with zipfile.ZipFile(path, "a") as archive, pytest.warns(UserWarning, match="Duplicate"):
        archive.writestr("schema.json", "{}")


def _foreign_weights(path):
    model, other = (fitted(AutoencoderTransformer(n)) for n in (2, 3))
    model.__dict__["network_"] = other.network_
    save(model, path)


def _weights_that_are_not_numbers(path):
    model = fitted(AutoencoderTransformer(2))
    next(model.network_.parameters()).data.fill_(np.nan)
    save(model, path)


def _no_estimator(path):
    path.write_bytes(skops.dumps([1, 2]))


def _safetensors_without_digest(path):
    safetensors = pytest.importorskip("safetensors.numpy")
    path.write_bytes(safetensors.save({"estimator": np.zeros(3, np.uint8)}))


ATTACKS = {
    function.__name__: function
    for function in (
        _hidden_pickle,
        _pickle_beside,
        _only_a_pickle,
        _unknown_class,
        _function,
        _function_of_ours,
        _shape_bomb,
        _recipe_bomb,
        _deep_description,
        _zip_bomb,
        _bomb_in_a_sparse_matrix,
        _bomb_in_a_bomb,
        _wide_images,
        _raw_bytes_called_an_array,
        _description_of_references,
        _scale_without_end,
        _safetensors_of_weights_alone,
        _path_traversal,
        _two_of_one_name,
        _foreign_weights,
        _weights_that_are_not_numbers,
        _no_estimator,
        _safetensors_without_digest,
    )
}


@pytest.mark.parametrize("attack", ATTACKS.values(), ids=ATTACKS)
def test_malicious_files_have_no_effect(attack, tmp_path):
    path = tmp_path / "model.skops"
    attack(path)
    with pytest.raises(OURS):
        load(path)
    assert os.listdir(tmp_path) == ["model.skops"]


def test_nodes_are_counted_wherever_they_are_referred_to():
    assert _unfolded({"a": {"b": [{}, {}]}}, {}) == 4  # nodes without an identifier
    shared = {"__id__": 1, "content": [{}, {}]}
    assert _unfolded([shared, {"__id__": 1}, {"c": {"__id__": 1}}], {}) == 3 + 3 + 4


@every_format
def test_a_failed_load_names_the_file_and_gives_advice(name, tmp_path):
    path = tmp_path / name
    SAVES[name](fitted(AutoencoderTransformer(2)), path)
    path.write_bytes(path.read_bytes()[:-50])
    with pytest.raises(ModelFileError, match=rf"{name}' is damaged.*Save the model again"):
        load(path)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"a,b\n1,2\n", "is not a model file: it is neither a zip archive"),
        (b"", "is not a model file: it is neither a zip archive"),
        (b"\x93NUMPY" + bytes(100), "is not a model file: it is neither a zip archive"),
        *((pickle.dumps({"a": 1}, protocol), "is a pickle, which") for protocol in (2, 3, 4, 5)),
        (b"PK\x03\x04" + bytes(100), r"is damaged, or was not .*\. Save the model again\.$"),
    ],
)
def test_another_file_is_refused_for_the_actual_reason(data, message, tmp_path):
    path = tmp_path / "model.skops"
    path.write_bytes(data)
    with pytest.raises(ModelFileError, match=rf"model\.skops' {message}"):
        load(path)


def test_a_function_that_cannot_be_imported_is_the_reason(tmp_path, monkeypatch):
    own = type(sys)("own")
    exec("def half(x, generator): return x / 2", vars(own))
    monkeypatch.setitem(sys.modules, "own", own)
    save(AutoencoderTransformer(corruption=own.half), tmp_path / "model.skops")
    del own.half
    with pytest.raises(ModelFileError, match=r"no attribute 'half'.*define them in a module that"):
        load(tmp_path / "model.skops", trusted="own.half")


def test_a_search_needs_trusted_types_of_scikit_learn(tmp_path):
    search = GridSearchCV(case(AutoencoderTransformer(2)), {"n_components": [1, 2]}, cv=2)
    save(search.fit(table()), tmp_path / "search.skops")
    with pytest.raises(UntrustedTypesError) as caught:
        load(tmp_path / "search.skops")
    assert caught.value.types  # which ones depends on the version
    assert all(name.startswith("sklearn.") for name in caught.value.types)
    again = load(tmp_path / "search.skops", trusted=caught.value.types)
    np.testing.assert_array_equal(again.transform(table()), search.transform(table()))
    save(search.best_estimator_, tmp_path / "best.skops")
    load(tmp_path / "best.skops")


@pytest.mark.parametrize("cls", [*PUBLIC, *PREDICTORS], ids=lambda cls: cls.__name__)
def test_a_file_names_no_types_of_parameters(cls, tmp_path):
    settings = {"checkpoint": tmp_path / "folder", "dtype": np.dtype("float32")}
    fitted = quick(cls, n_components=2, max_epochs=1, **settings).fit(table(), np.arange(80) % 2)
    save(fitted, tmp_path / "a.skops")
    fitted.to_safetensors(tmp_path / "b.safetensors")
    for path in (tmp_path / "a.skops", tmp_path / "b.safetensors"):
        found = load(path)
        assert found.checkpoint == str(tmp_path / "folder")
        assert found.dtype == "float32"
    assert fitted.checkpoint is settings["checkpoint"]
