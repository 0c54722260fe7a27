"""What an update or a `destroy` must not take away: data, and the namespace that it lies in."""

import pulumi


def options(parent: pulumi.Resource, *, is_protected: bool) -> pulumi.ResourceOptions:
    """Return the options of a resource that holds data.

    Pulumi takes an update that lifts `protect` and replaces the resource for both at once. What counts for the deletion
    is the `retain_on_delete` of the update before: the object stays in the cluster, and only leaves the stack.

    Args:
        parent: The component that declares it.
        is_protected: Whether the data is protected. Where it is not, the parent's own options may still protect it.
    """
    return pulumi.ResourceOptions(
        parent=parent, protect=True if is_protected else None, retain_on_delete=True if is_protected else None
    )
