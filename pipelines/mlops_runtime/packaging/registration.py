"""What an artifact must be before it becomes a version: complete, and without a file that runs code unless allowed."""

from collections.abc import Iterable, Sequence
from pathlib import Path

from mlops_runtime.code_formats import CODE_FORMATS, code_problems, unknown_formats
from mlops_runtime.errors import StepError
from mlops_runtime.language_model.contract import load_contract as load_language_contract
from mlops_runtime.language_model.golden import load_golden as load_golden_prompts
from mlops_runtime.serving.contract import (
    CONTRACT_FILE_NAME,
    LANGUAGE_MODEL,
    ContractError,
    ServingContract,
    load_contract,
    runtime_of,
)
from mlops_runtime.serving.golden import load_golden
from mlops_runtime.serving.served_model import UnservableModelError, load_served_model


def check_artifact(directory: Path, allow_code: Iterable[str] = ()) -> None:
    """Hold an artifact against what registration asks of it.

    Args:
        directory: The artifact: an MLflow model folder.
        allow_code: The formats that may run code when they are loaded, by name; none by default.

    Raises:
        StepError: It has no contract or no golden rows, or holds a file of a format that runs code and is not
            allowed, every problem in one message; or a server would refuse it, as it does not repeat its golden rows.
    """
    is_language = runtime_of(directory) == LANGUAGE_MODEL
    allowed = frozenset(allow_code)
    incomplete = _incomplete_language_model(directory) if is_language else _incomplete(directory)
    problems = [*incomplete, *refused_code(directory, allowed)]
    if problems:
        raise StepError("; ".join(problems))
    if is_language:
        # It asks a server, by a library that an image for other models does not have.
        from mlops_runtime.language_model.packaging import check_language_model  # noqa: PLC0415

        check_language_model(directory)
        return
    # What a server does before it is ready, done before there is a version.
    try:
        load_served_model(directory, directory.name, "to be registered", allow_code_formats=tuple(allowed))
    except UnservableModelError as error:
        raise StepError(f"the model: got {error}, expected one that can be served: it is not registered") from error


def refused_code(directory: Path, allow_code: Iterable[str]) -> list[str]:
    """Tell each file of an artifact that runs code when it is loaded and is not allowed, or must never be.

    Raises:
        StepError: A name in `allow_code` is no format.
    """
    allowed = frozenset(allow_code)
    if unknown := unknown_formats(allowed):
        raise StepError(f"allow_code: got {unknown}, expected some of {', '.join(CODE_FORMATS)}")
    return code_problems(directory, allowed, "pipeline.allow_code_formats")


def check_classes(directory: Path, champion: Path, champion_version: str) -> None:
    """Hold a model's classes against those of the version that serves: whoever reads its answers knows that order.

    Args:
        directory: The new artifact.
        champion: The serving version's artifact. One without a contract that can be read is no measure.
        champion_version: The serving version.

    Raises:
        StepError: An output has other classes, or has them in another order; every such output is named.
    """
    contract = load_contract(directory)
    try:
        before = {output.name: output.classes for output in load_contract(champion).outputs}
    except ContractError:
        return
    problems = [
        f"{CONTRACT_FILE_NAME}: output {output.name!r}: got classes {_listed(output.classes)},"
        f" expected those of version {champion_version}, which serves: {_listed(classes)}"
        for output in contract.outputs
        if output.classes and (classes := before.get(output.name)) and output.classes != classes
    ]
    if problems:
        raise StepError(
            f"{'; '.join(problems)}, fix: train with the same labels, or say register_model(…, classes_changed=True)"
            " once whoever reads the answers knows of the new ones"
        )


def _incomplete_language_model(directory: Path) -> list[str]:
    problems = []
    for load in (load_contract, load_language_contract, load_golden_prompts):
        try:
            load(directory)
        except ContractError as error:
            problems.append(f"{error}, fix: write the artifact with mlops_runtime.language_model.packaging")
    return problems


def _incomplete(directory: Path) -> list[str]:
    try:
        contract: ServingContract | None = load_contract(directory)
        problems = []
    except ContractError as error:
        contract, problems = None, [str(error)]
    try:
        golden = load_golden(directory)
        if contract is not None:
            golden.check_contract(contract)
    except ContractError as error:
        problems.append(str(error))
    return [f"{problem}, fix: write the artifact with mlops_runtime.packaging.save_model" for problem in problems]


def _listed(classes: Sequence[object]) -> str:
    return ", ".join(map(repr, classes))
