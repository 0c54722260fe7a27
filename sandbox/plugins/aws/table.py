"""The words in which a resource type is described: its properties, and the operations of AWS that serve it.

What the tables in `types/` say is all that distinguishes one resource type from another. Types, enumerations and
limits of values stand in botocore's shapes and are not repeated: a property finds its shape by its name.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import Any

from sandbox.plugins.protocol.resources import Failure
from sandbox.plugins.protocol.values import Object

Caller = Callable[[str, Object], Object]
"""Calls an operation of the resource's service with parameters, and returns the answer."""


class Form(Enum):
    """How a property is written where that is not as AWS writes it."""

    PLAIN = "plain"
    JSON = "json"
    """JSON text, which is compared letter by letter."""
    POLICY = "policy"
    """JSON text of a policy, which is compared by what it means; the program may give an object."""
    PAIRS = "pairs"
    """A map, which AWS takes as a list of names and values."""
    KEYS = "keys"
    """A map, which AWS takes as a list of keys and values."""
    SINGLE = "single"
    """A list, of whose elements AWS takes one, without a list around it."""
    ONLY = "only"
    """An object, which AWS takes as the only element of a list."""


@dataclass(frozen=True)
class Property:
    """A property of a resource, or of an object in one.

    Attributes:
        name: As programs write it.
        member: Where AWS's operation takes it, as a path with dots; by default the member with the property's name,
            whatever the case of its letters.
        children: The properties of the object, or of each object in the list.
        form: How its value is written.
        required: Whether programs must give it.
        replaces: Whether a change of it needs another object. For an object with children: whether its coming and
            going does; a change in it depends on the child that changes.
        computed: Whether AWS decides where programs leave it open: leaving it out is then no change.
        default: What is filled in where programs leave it open.
        unordered: Whether the order of the list's elements has no meaning.
        readable: Whether AWS tells what it is; else the state keeps what was asked for.
        is_local: Whether AWS never hears of it: it only steers the plugin.
        is_arn: Whether it must be written as an ARN.
        has_pattern: Whether AWS's pattern for it is checked before AWS is asked.
        choices: The only values that are taken, where AWS's own limits are wider.
        more_choices: Values that are taken beside those that AWS takes.
        keeps_empty: Whether an empty text has a meaning; else it counts as left out.
    """

    name: str
    member: str = ""
    children: tuple["Property", ...] = ()
    form: Form = Form.PLAIN
    required: bool = False
    replaces: bool = False
    computed: bool = False
    default: Any = None
    unordered: bool = False
    readable: bool = True
    is_local: bool = False
    is_arn: bool = False
    has_pattern: bool = False
    choices: tuple[Any, ...] = ()
    more_choices: tuple[Any, ...] = ()
    keeps_empty: bool = False


def replacing(*properties: Property) -> tuple[Property, ...]:
    """Return properties of something that AWS never changes: whatever differs, however deep, needs another object."""
    return tuple(replace(each, replaces=True, children=replacing(*each.children)) for each in properties)


@dataclass(frozen=True)
class Absence:
    """How a service says that something is not there.

    Attributes:
        code: Of the error.
        text: A part of its message; empty when the code says enough.
    """

    code: str
    text: str = ""


@dataclass(frozen=True)
class Read:
    """How an object is read.

    Attributes:
        operation: What is called.
        root: Path to the object in the answer, or to a list that it is in.
        members: Where a property is in the object, if not where creating it takes that.
        keys: What identifies the object for this operation, where that is not the type's `keys`.
        constants: Further parameters.
        empty: Values to take for properties, by their path, that AWS shows nothing for.
        function: Reads in the operation's stead, by the state's properties; None when there is no object.
    """

    operation: str = ""
    root: str = ""
    members: Mapping[str, str] = field(default_factory=dict)
    keys: Mapping[str, str | list[str]] | None = None
    constants: Mapping[str, Any] = field(default_factory=dict)
    empty: Mapping[str, Any] = field(default_factory=dict)
    function: Callable[[Caller, Object], Object | None] | None = None


@dataclass(frozen=True)
class Update:
    """An operation that changes an object.

    Attributes:
        operation: What is called.
        of: The properties whose change asks for it; when empty, all that do not replace.
        members: Where the operation takes a property, if not where creating takes it.
        when_removed: What is called instead when none of its properties is given any more.
        emptied: Properties that are sent empty when the program gives them no more; else they are left out.
    """

    operation: str
    of: tuple[str, ...] = ()
    members: Mapping[str, str] = field(default_factory=dict)
    when_removed: str = ""
    emptied: tuple[str, ...] = ()


@dataclass(frozen=True)
class Delete:
    """How an object is deleted. Deleting what is not there is no error.

    Attributes:
        operation: What is called; empty when the function does it all.
        keys: What identifies the object for this operation, where that is not the type's `keys`.
        before: Called first, by the state's properties.
        skipped_by: The property that keeps the object from being deleted; empty when there is none.
    """

    operation: str = ""
    skipped_by: str = ""
    keys: Mapping[str, str | list[str]] | None = None
    before: Callable[[Caller, Object], None] | None = None


@dataclass(frozen=True)
class Wait:
    """What an object goes through before it can be used.

    Attributes:
        status: The member of what is read that tells.
        ready: The status to wait for.
        failed: The statuses that nothing follows upon.
        reason: The member that says why it failed.
        timeout_seconds: Unless the resource's options say otherwise.
    """

    status: str
    ready: str
    failed: tuple[str, ...] = ("Failed",)
    reason: str = "FailureReason"
    timeout_seconds: float = 3600.0


@dataclass(frozen=True)
class Tagging:
    """How a service reads and writes tags.

    Attributes:
        target: The parameter that says whose tags.
        of: The property or output whose value that is.
        read: The operation that lists them.
        write: The operation that sets some.
        remove: The operation that removes some; empty when `write` sets them all at once.
        remove_all: The operation for the last one, where `write` sets them all at once.
        member: Where operations take them.
        read_member: Where they are shown, if not there.
        with_creation: Whether creating takes them.
        absent: How the service says that there are none.
    """

    target: str
    of: str
    read: str
    write: str
    remove: str = ""
    remove_all: str = ""
    member: str = "Tags"
    read_member: str = ""
    with_creation: bool = True
    absent: tuple[Absence, ...] = ()


@dataclass(frozen=True)
class Naming:
    """How an object is named when its program gives no name.

    Attributes:
        property: Which one is the name.
        longest: The longest name.
        prefix_property: Another property that gives the name's beginning; empty when there is none.
        lower: Whether names have small letters only.
    """

    property: str = "name"
    longest: int = 255
    prefix_property: str = ""
    lower: bool = False


Rule = Callable[[Object], list[Failure]]
"""Judges plain inputs as a whole: what single properties do not show."""


@dataclass(frozen=True, eq=False)
class ResourceType:
    """A type of resource.

    Attributes:
        pulumi_type: Its name in Pulumi.
        service: botocore's name of the service.
        id_of: The properties that make up the ID.
        keys: How AWS's operations name what identifies an object: their parameters, and the properties for them.
        properties: All that programs may give, apart from tags and region.
        create: The operation that creates.
        read: How it is read.
        updates: How it is changed; in this order.
        delete: How it is deleted.
        absent: How the service says that the object is not there.
        exists: How the service says that there is such an object already.
        outputs: What is read besides: output, and its path in the object.
        derived: What follows from the properties and the region alone.
        id_separator: Stands between the parts of the ID.
        tagging: How it is tagged; None when it cannot be.
        naming: How it is named; None when programs must.
        wait: What it goes through after it was created or changed; None when it is there at once.
        waits_until_gone: Whether its deletion takes its time.
        rules: What is judged as a whole.
        refused: Properties that are not served, and what to use instead.
        is_global: Whether it lies in no region.
        completed: Fills in what programs left open and AWS wants, at creation.
        create_skipped: Tells for which inputs there is nothing to be created.
        create_constants: Further parameters for the creation in a region.
    """

    pulumi_type: str
    service: str
    id_of: tuple[str, ...]
    keys: Mapping[str, str | list[str]]
    properties: tuple[Property, ...]
    create: str
    read: Read
    delete: Delete
    absent: tuple[Absence, ...]
    updates: tuple[Update, ...] = ()
    exists: tuple[Absence, ...] = ()
    outputs: Mapping[str, str] = field(default_factory=dict)
    derived: Callable[[Object, str], Object] | None = None
    id_separator: str = "/"
    tagging: Tagging | None = None
    naming: Naming | None = None
    wait: Wait | None = None
    waits_until_gone: bool = False
    rules: tuple[Rule, ...] = ()
    refused: Mapping[str, str] = field(default_factory=dict)
    is_global: bool = False
    completed: Callable[[Object], Object] | None = None
    create_skipped: Callable[[Object], bool] | None = None
    create_constants: Callable[[str], Object] | None = None

    @property
    def title(self) -> str:
        """What people call it, such as "sagemaker.Endpoint"."""
        module, _, name = self.pulumi_type.removeprefix("aws:").partition("/")
        return f"{module}.{name.rpartition(':')[2]}"
