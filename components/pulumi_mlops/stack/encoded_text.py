"""Turns the bytes of a file into text as Pulumi does: UTF-8, or UTF-16 with a byte order mark."""

import codecs


class EncodingError(ValueError):
    """The bytes are no text that Pulumi would read; its text says what they are."""


def decoded(octets: bytes) -> str:
    """Return the text of a file, without its byte order mark.

    Args:
        octets: The file's bytes.

    Raises:
        EncodingError: When they are neither UTF-8 nor UTF-16 with a byte order mark.
    """
    encoding = "utf-8"
    if octets.startswith((codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)):
        raise EncodingError("a file in UTF-32")
    if octets.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        encoding = "utf-16"
    try:
        text = octets.decode(encoding).lstrip("\ufeff")
    except UnicodeDecodeError as error:
        name = encoding.upper()
        raise EncodingError(f"a file that is not {name}: its byte {error.start} begins no character") from error
    if "\0" in text:
        is_wide = len(octets) > 1 and text.count("\0") * 4 > len(text)
        raise EncodingError("a file in UTF-16 without a byte order mark" if is_wide else "a NUL character")
    return text
