"""States of stacks as a release wrote them: kept without anything of the machine, taken up, and previewed."""

import base64
import json
import pickle
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from tests.e2e.workload_stack import CHECKOUT, ProgramStack

State = dict[str, Any]

FOLDER = Path(__file__).parent / "states"
PASSPHRASE = "recorded"
"""Of the recorded states' secrets: of the tests alone, and no secret."""
HARMLESS = frozenset(("same", "update", "create"))
"""What a later release may do with what there is: leave it, change it in place, and add to it."""
MADE_ANEW = {
    "pulumi:pulumi:StackReference": "it is read, and nothing is made",
    "kubernetes:batch/v1:Job": "a truth check is a run: another declaration is another run, under a name of its own",
    "aws:sagemaker/model:Model": "SageMaker changes none: another container is another model",
    "aws:sagemaker/endpointConfiguration:EndpointConfiguration": "nor this: the endpoint is updated to another",
}
"""Types of which a new one for an old one loses nothing, each with why."""
_OF_THE_MACHINE = ("created", "modified", "sourcePosition", "stackTrace")
_ANY_TIME = "2000-01-01T00:00:00Z"


class Recording:
    """A stack file, and the state that a release made of it.

    Args:
        name: The target's name, and the files'.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self.stack_file = FOLDER / f"{name}.yaml"
        self._state_file = FOLDER / f"{name}.json"

    @property
    def exists(self) -> bool:
        """Whether it was recorded."""
        return self._state_file.is_file()

    def read(self, places: Mapping[str, str] | None = None) -> State:
        """Returns the state.

        Args:
            places: Where its objects are said to be now, by where the recording says that they are.
        """
        state: State = json.loads(_with(places or {}, self._state_file.read_text(encoding="utf-8")))
        return state

    def write(self, exported: State, places: Mapping[str, str]) -> None:
        """Records a state that `pulumi stack export` wrote.

        Args:
            exported: The state.
            places: What the recording is to say of where its objects are, by where they are.
        """
        text = _with(places, json.dumps(without_machine(exported), indent=1, sort_keys=True))
        folders = (str(CHECKOUT), str(Path.home()), f"{tempfile.gettempdir()}/pytest")
        of_machine = [folder for folder in folders if folder in text]
        assert not of_machine, f"the state of {self.name} names folders of this machine: {', '.join(of_machine)}"
        self._state_file.write_text(text + "\n", encoding="utf-8")


class RecordedStack(ProgramStack):
    """Today's program with a recorded stack file, on a backend of its own.

    Args:
        folder: An empty folder.
        stack_file: The stack file.
        environment: The whole environment of the engine.
    """

    def __init__(self, folder: Path, stack_file: Path, environment: Mapping[str, str]) -> None:
        super().__init__(folder, {**environment, "PULUMI_CONFIG_PASSPHRASE": PASSPHRASE})
        shutil.copy(stack_file, self.stack_file)

    def take_up(self, state: State) -> None:
        """Makes a state the stack's own."""
        file = self.folder / "state.json"
        file.write_text(json.dumps(state), encoding="utf-8")
        self.pulumi("stack", "import", "--file", str(file))

    def harm(self) -> list[str]:
        """Previews an update, and returns what it would replace or delete, with what leads to it."""
        return list(_harm(json.loads(self.pulumi("preview", "--json", "--diff"))))


def without_machine(exported: State) -> State:
    """Returns a state without times, plugins' places, and places in source files."""
    deployment = exported["deployment"]
    manifest = {key: deployment["manifest"][key] for key in ("magic", "version")}
    resources = [
        {key: value for key, value in resource.items() if key not in _OF_THE_MACHINE}
        for resource in deployment["resources"]
    ]
    return {
        **exported,
        "deployment": {**deployment, "manifest": {**manifest, "time": _ANY_TIME}, "resources": resources},
    }


def dynamic_providers(state: State) -> Iterator[object]:
    """Yields the provider of each dynamic resource in a state, as Pulumi loads it to delete what the resource made."""
    for resource in state["deployment"]["resources"]:
        if serialized := resource.get("inputs", {}).get("__provider"):
            yield pickle.loads(base64.b64decode(serialized))  # noqa: S301 - recorded by this test


def _type_of(urn: str) -> str:
    """Return a resource's own type, from its URN."""
    return urn.split("::")[2].rpartition("$")[2]


def _harm(preview: Mapping[str, Any]) -> Iterator[str]:
    for step in preview["steps"]:
        if step["op"] not in HARMLESS and _type_of(step["urn"]) not in MADE_ANEW:
            reasons = step.get("replaceReasons") or step.get("diffReasons") or []
            yield f"{step['op']} {step['urn']}: {', '.join(reasons) or 'the program no longer declares it'}"


def _with(places: Mapping[str, str], text: str) -> str:
    for place, instead in places.items():
        text = text.replace(place, instead)
    return text
