"""Takes secrets out of texts that leave the plugin: errors of a cloud, and logs of what runs there."""

import base64
import binascii
import contextlib
import re
from typing import Any

from sandbox.plugins.protocol.values import secret_strings

REPLACEMENT = "[secret]"
_WHOLE_WORD_BELOW = 4
_PART_FROM = 6
_BETWEEN_PARTS = re.compile(r"""[\s:/@;,'"=&?()<>|\[\]{}\\]+""")


class Redactor:
    """Replaces what is secret in some inputs, in whatever form a cloud may repeat it."""

    def __init__(self, *inputs: Any) -> None:
        """Gathers the secrets.

        Args:
            inputs: Values in which secrets are marked.
        """
        texts = {form for each in inputs for text in secret_strings(each) for form in _forms(text)}
        patterns = [_pattern(text) for text in sorted(texts, key=len, reverse=True)]
        self._pattern = re.compile("|".join(patterns)) if patterns else None

    def __call__(self, text: str) -> str:
        """Return the text without the secrets."""
        return self._pattern.sub(REPLACEMENT, text) if self._pattern else text


def _forms(text: str) -> set[str]:
    forms = {text, base64.b64encode(text.encode()).decode(), text.replace("\\", "\\\\").replace('"', '\\"')}
    # A password in a URL or a command makes the whole of it secret, but may be repeated alone.
    forms.update(part for part in _BETWEEN_PARTS.split(text) if len(part) >= _PART_FROM)
    # What is not base64 of a text has no other form.
    with contextlib.suppress(binascii.Error, ValueError):
        forms.add(base64.b64decode(text, validate=True).decode())
    return {form for form in forms if form.strip()}


def _pattern(text: str) -> str:
    escaped = re.escape(text)
    # A secret such as "1" would otherwise tear holes into every number.
    return rf"(?<!\w){escaped}(?!\w)" if len(text) < _WHOLE_WORD_BELOW else escaped
