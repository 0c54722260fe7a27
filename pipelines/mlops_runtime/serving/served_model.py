"""A model that may be served: loaded from its artifact and proved on its golden rows."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from mlops_runtime.artifact import ArtifactError, digest_directory

from .answers import listed_values
from .contract import ContractError, ServingContract, load_contract
from .golden import GoldenMismatchError, GoldenRows, load_golden
from .identity import Identity
from .input_error import COUNTED_PROBLEMS, InputError, InputProblem, ProblemList
from .nulls import check_nulls, null_features
from .protocol_v1 import PredictProtocol
from .protocol_v2 import InferProtocol
from .rows import listed
from .runtimes.load import load_scorer
from .scorer import Answers, Batch, BatchReader, ModelAnswerError, Scorer, UnansweredRowsError
from .unknown_categories import UnknownCategories


class UnservableModelError(Exception):
    """The artifact must not be served; the message says why in one line."""


@dataclass(frozen=True, slots=True)
class ServedModel:
    """A loaded model: who it is, what it takes, its golden rows, its scorer and the readers of both protocols."""

    identity: Identity
    contract: ServingContract
    golden: GoldenRows
    scorer: Scorer
    reader: BatchReader
    predict_protocol: PredictProtocol
    infer_protocol: InferProtocol

    def score(self, batch: Batch, row_place: Callable[[int], str]) -> Answers:
        """Every output of the model for each row of a request.

        Args:
            batch: The request's rows.
            row_place: Names a row in error messages.

        Raises:
            InputError: The model has no finite number for some rows; the first ones are named, with their nulls.
            ModelAnswerError: The model failed, or its answers are not what the contract says.
        """
        try:
            return self.scorer.score(batch)
        except UnansweredRowsError as error:
            problems = ProblemList()
            for row in error.rows[:COUNTED_PROBLEMS]:
                problems.add(partial(self._unanswered, batch, row, row_place), row)
            problems.raise_if_any()
            raise

    def score_columns(self, columns: Mapping[str, list[Any]], rows: int) -> Answers:
        """Every output of the model for rows that are given by columns, read by the same rules as a request.

        Args:
            columns: Python's own values by feature, as many as there are rows: None or NaN where one is missing. A
                feature without a column is missing in every row.
            rows: How many rows there are.

        Returns:
            Output to its values: float32 [rows] for a number, float32 [rows, columns] for probabilities and vectors,
            int64 or objects that are text [rows] for labels and texts.

        Raises:
            InputError: With the first problems, and the numbers of the rows that they are in as `rows`.
            ModelAnswerError: The model failed, or its answers are not what the contract says.
        """
        known = {feature.name: columns[feature.name] for feature in self.contract.features if feature.name in columns}
        without_nan = {
            name: [None if value != value else value for value in values]  # noqa: PLR0124 - only NaN differs from itself
            for name, values in known.items()
        }
        batch = self.reader.from_columns(without_nan, rows, "row {} {}".format)
        return self.score(batch, "row {}".format)

    def _unanswered(self, batch: Batch, row: int, row_place: Callable[[int], str]) -> InputProblem:
        nulls = null_features(self.contract, batch, row)
        got = f"null for {listed(nulls)}" if nulls else "values that the model cannot score"
        return InputProblem(row_place(row), got, "values for which the model has a finite number")


def load_served_model(
    directory: Path,
    name: str,
    version: str,
    expected_digest: str | None = None,
    allow_code_formats: Collection[str] = (),
) -> ServedModel:
    """Load an artifact and scores its golden rows by the way that requests take.

    Args:
        directory: The model artifact: `serving.json`, `golden.json`, and what its runtime loads.
        name: The registered model's name.
        version: The registered version.
        expected_digest: The digest that the files must have; by default any.
        allow_code_formats: The formats that may run code when they are loaded, by name; none by default.

    Raises:
        UnservableModelError: The digest differs, a file is missing or wrong, the runtime cannot load the model, or a
            golden row is not repeated.
    """
    try:
        digest = digest_directory(directory)
        if expected_digest is not None and digest != expected_digest:
            raise UnservableModelError(f"{directory}: got files of digest {digest}, expected digest {expected_digest}")
        contract = load_contract(directory)
        golden = load_golden(directory)
        golden.check_contract(contract)
        scorer = load_scorer(directory, contract, allow_code_formats)
        reader = scorer.reader(UnknownCategories(contract, name, version).count)
        predict_protocol = PredictProtocol(contract, reader)
        batch = predict_protocol.batch({"instances": [dict(row) for row in golden.rows]})
        check_nulls(contract, scorer, batch)
        score = golden.check(listed_values(scorer.score(batch)), contract.outputs)
        identity = Identity(name, version, digest, score, contract.runtime)
    except UnansweredRowsError as error:
        raise UnservableModelError(f"{name} version {version} in {directory}: golden rows: {error}") from error
    except (OSError, ArtifactError, ContractError, GoldenMismatchError, InputError, ModelAnswerError) as error:
        raise UnservableModelError(f"{name} version {version} in {directory}: {error}") from error
    infer_protocol = InferProtocol(contract, reader, identity)
    return ServedModel(identity, contract, golden, scorer, reader, predict_protocol, infer_protocol)
