"""Parses a stack file's text into YAML nodes, with the forms that Pulumi's parser takes and no others."""

from collections.abc import Iterator
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.docinfo import DocInfo
from ruamel.yaml.events import Event
from ruamel.yaml.nodes import Node, ScalarNode
from ruamel.yaml.resolver import VersionedResolver
from ruamel.yaml.scanner import Scanner, ScannerError
from ruamel.yaml.tag import Tag

_YAML = "tag:yaml.org,2002:"
TEXT_TAG = f"{_YAML}str"
# A scalar without quotes and without a tag: what it is has still to be found out.
PLAIN_TAG = "!plain"
# Deeper than any setting.
_DEEPEST = 100


class _PlainResolver(VersionedResolver):
    """Leaves the scalars without quotes as they are: Pulumi's rules for them are not those of this library."""

    def resolve(self, kind: Any, value: Any, implicit: Any) -> Any:
        if kind is not ScalarNode:
            return super().resolve(kind, value, implicit)
        return Tag(suffix=PLAIN_TAG if implicit[0] else TEXT_TAG)


class _Scanner(Scanner):
    """Takes the tabs that gopkg.in/yaml.v3 takes: between tokens, but not where a line's indentation is."""

    # JSON's `\/` is an unknown escape to Pulumi.
    ESCAPE_REPLACEMENTS = {key: value for key, value in Scanner.ESCAPE_REPLACEMENTS.items() if key != "/"}  # noqa: RUF012

    def scan_yaml_directive_value(self, start_mark: Any) -> Any:
        version = super().scan_yaml_directive_value(start_mark)
        if version not in ((1, 1), (1, 2)):
            raise ScannerError(None, None, f"YAML {version[0]}.{version[1]}, which is no known version", start_mark)
        return version

    def scan_to_next_token(self) -> Any:
        super().scan_to_next_token()
        while self.reader.peek() == "\t" and not self.allow_simple_key:
            self.reader.forward()
            super().scan_to_next_token()


def parsed(text: str) -> Node | None:
    """Return the root of a text's first document, or None where there is none.

    Args:
        text: The text.

    Raises:
        YAMLError: When it is no YAML.
    """
    constructor, parser = _readers(text)
    try:
        # A name may be given anew: each alias means the last one before it.
        constructor.composer.warn_double_anchors = False
        parser.get_event()
        root: Node | None = constructor.composer.get_node()
    finally:
        parser.dispose()
    return root


def events(text: str) -> Iterator[Event]:
    """Yield what stands in a text one after the other, each with where it begins and ends: aliases are not followed.

    Args:
        text: The text.

    Raises:
        YAMLError: When it is no YAML.
    """
    _, parser = _readers(text)
    try:
        while parser.check_event():
            yield parser.get_event()
    finally:
        parser.dispose()


def _readers(text: str) -> tuple[Any, Any]:
    yaml = YAML(typ="safe", pure=True)
    yaml.Scanner, yaml.Resolver = _Scanner, _PlainResolver
    yaml.max_depth = _DEEPEST
    yaml.doc_infos.append(DocInfo(requested_version=None))
    constructor, parser = yaml.get_constructor_parser(text)
    return constructor, parser
