from pydantic import ValidationError

from pulumi_mlops.stack import checks, explain, graphs, parts, targets
from pulumi_mlops.stack.document import StackDocument
from pulumi_mlops.stack.model import StackConfig
from pulumi_mlops.stack.problems import ConfigError, Problem


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
    if config is not None:
        problems += parts.problems_of(document, config)
    if problems or config is None:
        raise ConfigError(_each_place_once(problems))
    return config


def _each_place_once(problems: list[Problem]) -> list[Problem]:
    """Keep the first problem of each place: the more particular checks come first."""
    first: dict[tuple[int | None, str], Problem] = {}
    for problem in problems:
        first.setdefault((problem.line, problem.path), problem)
    return list(first.values())
