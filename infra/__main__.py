"""One stack: its platform, and each of its workloads."""

import pulumi

import providers
from pulumi_mlops import Platform, Workload
from pulumi_mlops.stack.load import load_secrets, load_stack
from pulumi_mlops.stack.preview_warnings import warn_of_losses

stack = load_stack()
on_target = pulumi.ResourceOptions(provider=providers.of(stack.platform))

platform = Platform("platform", stack.platform, load_secrets(), on_target)
workloads = {name: Workload(name, platform.workload_args(stack, name), on_target) for name in sorted(stack.workloads)}

pulumi.export("namespace", platform.namespace)
pulumi.export("registry", platform.registry_id)
pulumi.export("workloads", {name: workload.outputs() for name, workload in workloads.items()})
warn_of_losses(stack)
