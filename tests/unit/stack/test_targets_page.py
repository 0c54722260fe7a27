"""The page that says what each setting becomes names every setting, and says of each what the targets refuse."""

import re
from pathlib import Path

import pytest
from pydantic import BaseModel

from pulumi_mlops.batch_job.config import BatchJobConfig
from pulumi_mlops.endpoint.config import EndpointConfig
from pulumi_mlops.feature_store.config import FeatureStoreConfig
from pulumi_mlops.monitoring.config import MonitoringConfig
from pulumi_mlops.stack import PlatformConfig, Target
from pulumi_mlops.stack.targets import SUPPORT
from pulumi_mlops.stack.workload.config import WorkloadConfig, WorkloadImagesConfig
from pulumi_mlops.training_pipeline.config import PipelineConfig

PAGE = (Path(__file__).parents[3] / "docs" / "targets.md").read_text()
SECTIONS: dict[str, tuple[type[BaseModel], tuple[str, ...]]] = {
    "mlops:platform`": (PlatformConfig, ("platform",)),
    "mlops:workloads.<name>`": (WorkloadConfig, ("workloads", "*")),
    "images`": (WorkloadImagesConfig, ("workloads", "*", "images")),
    "pipeline`": (PipelineConfig, ("workloads", "*", "pipeline")),
    "batch`": (BatchJobConfig, ("workloads", "*", "batch")),
    "mlops:feature_stores.<name>`": (FeatureStoreConfig, ("feature_stores", "*")),
    "monitoring`": (MonitoringConfig, ("workloads", "*", "monitoring")),
    "endpoint`": (EndpointConfig, ("workloads", "*", "endpoint")),
}
COLUMNS = (Target.KUBERNETES, Target.SAGEMAKER)


def rows(section: str) -> dict[str, list[str]]:
    text = next(part for part in PAGE.split("\n## ") if part.split("\n")[0].endswith(section))
    found = [line.strip("|").split("|") for line in text.splitlines() if re.match(r"\| `", line)]
    return {cells[0].strip(" `"): [cell.strip() for cell in cells[1:]] for cells in found}


@pytest.mark.parametrize("section", SECTIONS)
def test_every_setting_is_there_once(section: str) -> None:
    assert list(rows(section)) == list(dict.fromkeys(rows(section)))
    model, place = SECTIONS[section]
    assert set(rows(section)) == set(model.model_fields) - with_a_table(place)


def with_a_table(place: tuple[str, ...]) -> set[str]:
    """Return what of a place has a table of its own."""
    return {other[-1] for _, other in SECTIONS.values() if other[:-1] == place}


@pytest.mark.parametrize("section", SECTIONS)
@pytest.mark.parametrize("target", COLUMNS)
def test_what_a_target_refuses_is_said_so(section: str, target: Target) -> None:
    place = SECTIONS[section][1]
    refused = {rule.path[-1] for rule in SUPPORT[target].refused if rule.path[:-1] == place} - with_a_table(place)
    told = {name for name, cells in rows(section).items() if cells[COLUMNS.index(target)].startswith("refused")}
    assert told == refused
    # What is refused whole has nothing to tell of its parts.
    is_refused_whole = any(rule.path == place for rule in SUPPORT[target].refused)
    assert is_refused_whole == all(cells[COLUMNS.index(target)] == "–" for cells in rows(section).values())
