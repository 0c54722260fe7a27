"""From a category's text to its place in the vocabulary, in one Unicode form."""

import math

from .contract import Feature, in_one_unicode_form

UNKNOWN = float("nan")
"""The number of a category that is not in the vocabulary. A NaN like any other to the model, and found by identity."""
# No character of the composed form comes from more than four: a longer text cannot become one of the vocabulary.
DECOMPOSED_CHARACTERS_MAX = 4


class CategoryCodes(dict[str | None, float]):
    """Category to its place in the vocabulary; a missing one to NaN, an unknown one to UNKNOWN where that is allowed.

    A category is looked up as it was sent and then in the vocabulary's Unicode form.
    """

    def __init__(self, feature: Feature) -> None:
        vocabulary = feature.vocabulary or ()
        self.categories = len(vocabulary)
        super().__init__({category: float(code) for code, category in enumerate(vocabulary)})
        self._longest = DECOMPOSED_CHARACTERS_MAX * max(map(len, vocabulary), default=0)
        if feature.nullable:
            self[None] = math.nan
        self._unknown_is_missing = feature.unknown_category == "missing"

    def __missing__(self, category: object) -> float:
        if isinstance(category, str):
            code = self.get(in_one_unicode_form(category)) if len(category) <= self._longest else None
            if code is not None:
                return code
            if self._unknown_is_missing:
                return UNKNOWN
        raise KeyError(category)
