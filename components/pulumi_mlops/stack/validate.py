import copy
from collections.abc import Iterator

from pydantic import ValidationError

from pulumi_mlops.stack import checks, component_rules, explain, feature_definitions, graphs, images, targets
from pulumi_mlops.stack.document import StackDocument
from pulumi_mlops.stack.model import StackConfig
from pulumi_mlops.stack.problems import ConfigError, Path, Problem

# How often what is wrong is taken out, to judge what is left: a value may hide another beside it.
_ROUNDS = 4


def validate(document: StackDocument) -> StackConfig:
    """Turn a document into a configuration, or tell everything that is wrong with it.

    It reads the document and the step graphs that it names, and nothing else: no cloud, no cluster, no network.

    Args:
        document: The configuration of one stack as it was read.

    Raises:
        ConfigError: When anything is wrong; it holds every problem, each place once.
    """
    problems = [*document.problems, *targets.problems_of(document), *checks.problems_of(document)]
    config: StackConfig | None = None
    try:
        config = StackConfig.model_validate(document.values)
    except ValidationError as error:
        problems += explain.problems_of(error, document)
    problems += graphs.problems_of(document)
    problems += feature_definitions.problems_of(document)
    problems += images.problems_of(document)
    problems += _of_components(document, config)
    if problems or config is None:
        raise ConfigError(_each_place_once(problems))
    return config


def _of_components(document: StackDocument, config: StackConfig | None) -> Iterator[Problem]:
    """Yield what the components refuse, of the whole configuration or of what is sound of it."""
    if config is not None:
        yield from component_rules.problems_of(document, config)
        return
    config, left_out = _what_stands(document)
    if config is None:
        return
    for problem in component_rules.problems_of(document, config, left_out):
        if not any(_is_about(problem, document, path) for path in left_out):
            yield problem


def _what_stands(document: StackDocument) -> tuple[StackConfig | None, list[Path]]:
    """Return the configuration without what is wrong with it, and what was left out. None: too little is left."""
    values = copy.deepcopy(dict(document.values))
    left_out: list[Path] = []
    for _ in range(_ROUNDS):
        try:
            return StackConfig.model_validate(values), left_out
        except ValidationError as error:
            for path in explain.wrong_paths(error):
                left_out.append(path)
                _take_out(values, path)
    return None, left_out


def _take_out(values: object, path: Path) -> None:
    *parents, last = path
    for part in parents:
        if isinstance(values, dict):
            values = values.get(part)
        elif isinstance(values, list) and isinstance(part, int) and part < len(values):
            values = values[part]
    if isinstance(values, dict):
        values.pop(last, None)
    elif isinstance(values, list) and isinstance(last, int) and last < len(values):
        # The others keep their places.
        values[last] = None


def _is_about(problem: Problem, document: StackDocument, path: Path) -> bool:
    place = document.problem(path, got="", expected="", fix="").path
    return problem.path == place or problem.path.startswith((f"{place}.", f"{place}["))


def _each_place_once(problems: list[Problem]) -> list[Problem]:
    """Keep the first problem of each place: the more particular checks come first."""
    first: dict[tuple[int | None, str], Problem] = {}
    for problem in problems:
        first.setdefault((problem.line, problem.path), problem)
    return list(first.values())
