import json
from pathlib import Path

import pytest

from mlops_runtime.serving.fit import MIB, Memory, MisfitError, check_volume, fits, weights_bytes_of


def artifact(folder: Path, sizes: dict[str, int], **contract: object) -> Path:
    for name, size in sizes.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        with (folder / name).open("wb") as file:
            file.truncate(size)
    (folder / "serving.json").write_text(json.dumps(contract))
    (folder / "golden.json").write_text("{}" * 500)
    return folder


@pytest.mark.parametrize(
    ("weights", "cache", "memory", "fit"),
    [(0, 0, 0, True), (10, 0, 10, True), (11, 0, 10, False), (7, 3, 10, True), (7, 4, 10, False), (0, 11, 10, False)],
)
def test_weights_and_cache_share_one_memory(weights: int, cache: int, memory: int, *, fit: bool) -> None:
    assert fits(weights, cache, memory) is fit


@pytest.mark.parametrize(
    ("contract", "weights"),
    [({}, 700), ({"runtime": "onnx"}, 700), ({"runtime": "pyfunc"}, 90), ({"runtime": "llm"}, 90)],
)
def test_what_a_server_does_not_load_is_no_weight(tmp_path: Path, contract: dict[str, object], weights: int) -> None:
    sizes = {"model.onnx": 500, "model.onnx.data": 200, "model.skops": 60, "MLmodel": 10, "code/model.onnx": 20}
    assert weights_bytes_of(artifact(tmp_path, sizes, **contract)) == weights


@pytest.mark.parametrize("text", ["", "[]", "{"])
def test_a_contract_that_cannot_be_read_is_left_to_who_loads_it(tmp_path: Path, text: str) -> None:
    folder = artifact(tmp_path, {"model.onnx": 500})
    (folder / "serving.json").write_text(text)
    assert weights_bytes_of(folder) == 500


def test_a_model_larger_than_the_memory_is_refused_with_the_fix(tmp_path: Path) -> None:
    folder = artifact(tmp_path, {"model.onnx": 600 * MIB})
    Memory("the container's memory", 600 * MIB, 0, "raise it").check(folder)
    with pytest.raises(MisfitError) as caught:
        Memory("the container's memory", 512 * MIB, 0, "raise endpoint.kubernetes.memory").check(folder)
    assert str(caught.value) == (
        "model: got 600.0 MiB of weights, expected at most 512.0 MiB, the container's memory, "
        "fix: raise endpoint.kubernetes.memory"
    )


def test_a_cache_that_does_not_fit_beside_the_weights_is_told(tmp_path: Path) -> None:
    folder = artifact(tmp_path, {"weights.gguf": 1500 * MIB}, runtime="llm")
    with pytest.raises(
        MisfitError, match=r"got 1,500\.0 MiB of weights and a cache of 600\.0 MiB, expected at most 2,0"
    ):
        Memory("the accelerators", 2000 * MIB, 600 * MIB, "raise it").check(folder)


def test_files_larger_than_their_volume_are_refused_with_the_fix() -> None:
    check_volume([3 * MIB, 5 * MIB], 8 * MIB, "raise it")
    with pytest.raises(MisfitError) as caught:
        check_volume([3 * MIB, 6 * MIB], 8 * MIB, "raise endpoint.kubernetes.model_volume_gib")
    assert str(caught.value) == (
        "model: got files of 9.0 MiB, expected at most 8.0 MiB, the size of the volume that they go to, "
        "fix: raise endpoint.kubernetes.model_volume_gib"
    )
