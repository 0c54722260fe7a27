"""A model that may be served: loaded from its artifact and proved on its golden rows."""

from dataclasses import dataclass
from pathlib import Path

from mlops_runtime.artifact import ArtifactError, digest_directory

from .contract import ONNX_FILE_NAME, ContractError, ServingContract, load_contract
from .golden import GoldenMismatchError, GoldenRows, load_golden
from .identity import Identity
from .input_error import InputError
from .matrix import MatrixBuilder
from .protocol_v1 import PredictProtocol
from .protocol_v2 import InferProtocol
from .scorer import OnnxScorer


class UnservableModelError(Exception):
    """The artifact must not be served; the message says why in one line."""


@dataclass(frozen=True, slots=True)
class ServedModel:
    """A loaded model: who it is, what it takes, its golden rows, its scorer and the readers of both protocols."""

    identity: Identity
    contract: ServingContract
    golden: GoldenRows
    scorer: OnnxScorer
    predict_protocol: PredictProtocol
    infer_protocol: InferProtocol


def load_served_model(directory: Path, name: str, version: str, expected_digest: str | None = None) -> ServedModel:
    """Loads an artifact and scores its golden rows by the way that requests take.

    Args:
        directory: The model artifact: `model.onnx`, `serving.json`, `golden.json`.
        name: The registered model's name.
        version: The registered version.
        expected_digest: The digest that the files must have; by default any.

    Raises:
        UnservableModelError: The digest differs, a file is missing or wrong, or a golden row is not repeated.
    """
    try:
        digest = digest_directory(directory)
        if expected_digest is not None and digest != expected_digest:
            raise UnservableModelError(f"{directory}: expected digest {expected_digest}, got {digest}")
        contract = load_contract(directory)
        golden = load_golden(directory)
        builder = MatrixBuilder(contract)
        scorer = OnnxScorer(directory / ONNX_FILE_NAME, builder.width)
        predict_protocol = PredictProtocol(builder)
        matrix = predict_protocol.matrix({"instances": [dict(row) for row in golden.rows]})
        identity = Identity(name, version, digest, golden.check(scorer.score(matrix).tolist()))
    except (OSError, ArtifactError, ContractError, GoldenMismatchError, InputError) as error:
        raise UnservableModelError(f"{name} version {version} in {directory}: {error}") from error
    return ServedModel(identity, contract, golden, scorer, predict_protocol, InferProtocol(contract, builder, identity))
