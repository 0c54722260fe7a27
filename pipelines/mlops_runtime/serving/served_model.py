"""A model that may be served: loaded from its artifact and proved on its golden rows."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from math import isnan
from pathlib import Path

from mlops_runtime.artifact import ArtifactError, digest_directory

from .contract import ONNX_FILE_NAME, ContractError, ServingContract, load_contract
from .golden import GoldenMismatchError, GoldenRows, load_golden
from .identity import Identity
from .input_error import COUNTED_PROBLEMS, InputError, InputProblem, ProblemList
from .matrix import Matrix, MatrixBuilder, listed
from .nulls import check_nulls
from .protocol_v1 import PredictProtocol
from .protocol_v2 import InferProtocol
from .scorer import Answers, ModelAnswerError, OnnxScorer, UnansweredRowsError
from .unknown_categories import UnknownCategories


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

    def score(self, matrix: Matrix, row_place: Callable[[int], str]) -> Answers:
        """The model's number for each row of a request.

        Args:
            matrix: The request's rows.
            row_place: Names a row in error messages.

        Raises:
            InputError: The model has no finite number for some rows; the first ones are named, with their nulls.
            ModelAnswerError: The answers are not one number for each row.
        """
        try:
            return self.scorer.score(matrix)
        except UnansweredRowsError as error:
            problems = ProblemList()
            for row in error.rows[:COUNTED_PROBLEMS]:
                problems.add(partial(self._unanswered, matrix, row, row_place))
            problems.raise_if_any()
            raise

    def _unanswered(self, matrix: Matrix, row: int, row_place: Callable[[int], str]) -> InputProblem:
        nulls = [name for name, number in zip(self.contract.feature_names, matrix[row], strict=True) if isnan(number)]
        got = f"null for {listed(nulls)}" if nulls else "values that the model cannot score"
        return InputProblem(row_place(row), got, "values for which the model has a finite number")


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
            raise UnservableModelError(f"{directory}: got files of digest {digest}, expected digest {expected_digest}")
        contract = load_contract(directory)
        golden = load_golden(directory)
        golden.check_contract(contract)
        builder = MatrixBuilder(contract, UnknownCategories(contract, name, version).count)
        scorer = OnnxScorer(directory / ONNX_FILE_NAME, builder.width)
        predict_protocol = PredictProtocol(builder)
        matrix = predict_protocol.matrix({"instances": [dict(row) for row in golden.rows]})
        check_nulls(contract, scorer, matrix)
        answers = {contract.outputs[0].name: scorer.score(matrix).tolist()}
        identity = Identity(name, version, digest, golden.check(answers, contract.outputs))
    except UnansweredRowsError as error:
        raise UnservableModelError(f"{name} version {version} in {directory}: golden rows: {error}") from error
    except (OSError, ArtifactError, ContractError, GoldenMismatchError, InputError, ModelAnswerError) as error:
        raise UnservableModelError(f"{name} version {version} in {directory}: {error}") from error
    return ServedModel(identity, contract, golden, scorer, predict_protocol, InferProtocol(contract, builder, identity))
