"""The components for programs in every Pulumi language: `pulumi package add <this folder>`."""

import inspect
from importlib.metadata import version

import pulumi
from pulumi.provider.experimental import component_provider_host

import pulumi_mlops
from pulumi_mlops._shared.descriptions import describe_inherited


def is_component(public: object) -> bool:
    """Tell whether something public is a component for every language: one whose arguments are a contract."""
    if not (isinstance(public, type) and issubclass(public, pulumi.ComponentResource)):
        return False
    return "args" in inspect.signature(public).parameters


COMPONENTS = [found for name in pulumi_mlops.__all__ if is_component(found := getattr(pulumi_mlops, name))]
# Before Python 3.13 a docstring keeps its indentation, and Pulumi would take it over into the schema.
for component in COMPONENTS:
    component.__doc__ = inspect.getdoc(component)

describe_inherited()

if __name__ == "__main__":
    component_provider_host(
        components=COMPONENTS, name="mlops", namespace="pulumi-mlops", version=version("pulumi-mlops")
    )
