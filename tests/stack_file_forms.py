"""Forms in which people write a stack file, each in a file of its own: some Pulumi takes, some it refuses.

What Pulumi's engine answers for each stands in `tests/unit/stack/engine_answers.json`: the end-to-end test asks it
again, the unit tests hold the reader without Pulumi against it.
"""

import codecs

_SCALARS = """
on yes no Off true True TRUE FALSE null ~ Null 0123 012345670123 001122334489 0o17 0O17 0x1F 0X1f +0x1f 0b11 0b12 -0b11
0o8 1_000 1__0 _1 1_0.5 +5 -0 -0.0 1.10 1.0 13.0 0.10 1e3 1E3 1.5e3 4.0e2 1.e+3 1e400 .5 5. +.5 1e 0x 08 09.5 007 0_1
1e20 1e21 1e-7 9223372036854775807 -9223372036854775808 9007199254740993 9223372036854775808 2026-13-45 12:30 12:30:45
190:20:30 = <<x y Y n N t + 1,000 Infinity nan null0 tru https://a:1/b a#b a:b - 2026-01-01T10:00:00 2026-1-1x é 🚀
"""
_MOMENTS = """
2026-01-01 2026-1-1 2026-01-01T10:00:00Z 2026-01-01t10:00:00.50Z 2026-01-01T10:00:00+02:00 2026-01-01T1:2:3Z
"""


def _setting(text: str) -> str:
    return f"config:\n  mlops:p: {text}\n"


_TEXTS = {
    "scalars": "config:\n  mlops:p:\n" + "".join(f"    - {scalar}\n" for scalar in _SCALARS.split() if scalar != "-"),
    **{f"moment {moment}": _setting(moment) for moment in _MOMENTS.split()},
    "moment with a blank": _setting("2026-01-01 10:00:00"),
    "moment in a list": _setting("[2026-01-01]"),
    "moment as a key": _setting("{2026-01-01: a}"),
    "quoted": _setting("{a: \"0123\", b: '2026-01-01', c: \"\\x41\\e\\U0001F680\", d: 'it''s', e: \"true\"}"),
    "blocks": (
        "config:\n  mlops:p:\n    a: |-\n      two\n      lines\n    b: >\n"
        "      two\n      lines\n    c: two\n      lines\n"
    ),
    "infinite": _setting(".inf"),
    "negative infinite": _setting("{a: -.Inf}"),
    "no number": _setting("[.nan]"),
    "tags": _setting('{a: !!str 0123, b: !!float 3, c: !!int "3", d: !!bool "true", e: !!int 0123, f: !own x}'),
    "binary": _setting("{a: !!binary aGFsbG8=}"),
    "set": _setting("!!set {a, b}"),
    "tag that does not fit": _setting("{a: !!bool yes}"),
    "bare key": "config:\n  p: 1\n",
    "old key": "config:\n  mlops:config:p: 1\n",
    "bare and full key": "config:\n  p: 1\n  mlops:p: 2\n",
    "old and full key": "config:\n  mlops:config:p: 1\n  mlops:p: 2\n",
    "three colons": "config:\n  a:b:c:d: 1\n",
    "another module": "config:\n  mlops:confg:p: 1\n",
    "two colons": "config:\n  mlops::p: 1\n",
    "no namespace": "config:\n  :p: 1\n",
    "no name": "config:\n  'mlops:': 1\n",
    "key twice": "config:\n  mlops:p: 1\n  mlops:p: 2\n",
    "inner key twice": "config:\n  mlops:p:\n    a: 1\n    a: 2\n",
    "same key with quotes": _setting('{1: a, "1": b}'),
    "same key in another form": _setting("{1: a, 0x1: b}"),
    "keys that are no text": _setting("{1: a, true: b, 1.10: c, null: d, 0123: e, 1e3: g, on: h}"),
    "mapping as a key": _setting("{{a: 1}: b}"),
    "list as a key": _setting("{[a]: b}"),
    "question mark": "config:\n  ? mlops:p\n  : 3\n",
    "merge": "config:\n  mlops:p:\n    x: &u {a: 1, b: 2}\n    y:\n      <<: *u\n      a: 3\n    z: {a: 4, <<: *u}\n",
    "merge of a list": (
        "config:\n  mlops:p:\n    x: &u {a: 1, b: 2}\n    w: &v {b: 9, c: 8}\n    y: {<<: [*u, *v], d: 1}\n"
    ),
    "merge of a merge": "config:\n  mlops:p:\n    x: &u {a: 1}\n    w: &v {<<: *u, b: 9}\n    y: {<<: *v, a: 2}\n",
    "merge without an anchor": _setting("{y: {<<: {a: 1}, b: 2}}"),
    "merge with quotes": _setting('{y: {"<<": {a: 1}, b: 2}}'),
    "merge twice": "config:\n  mlops:p:\n    x: &u {a: 1}\n    w: &v {b: 9}\n    y:\n      <<: *u\n      <<: *v\n",
    "merge of a number": _setting("{y: {<<: 3, b: 2}}"),
    "merge of nothing": _setting("{y: {<<: , b: 2}}"),
    "merge of itself": _setting("&x {<<: *x}"),
    "merge below config": "usual: &c\n  mlops:p: 1\nconfig:\n  <<: *c\n  mlops:q: 2\n",
    "merge of the whole": "x: &c\n  config: {mlops:p: 1}\n<<: *c\n",
    "anchors under a key of their own": "usual: &u {a: 1}\nconfig:\n  mlops:p: *u\n",
    "anchor named anew": _setting("[&x 1, *x, &x 2, *x]"),
    "anchor of a key": _setting("{&k a: 1, b: *k}"),
    "unknown anchor": _setting("*x"),
    "mapping that holds itself": _setting("&x {a: *x}"),
    "list that holds itself": _setting("&x [*x]"),
    "empty": "",
    "comment alone": "# x\n",
    "salt alone": "encryptionsalt: v1:x\n",
    "salt first": "encryptionsalt: v1:x\nconfig:\n  mlops:p: 1\n",
    "salt below config": "config:\n  mlops:p: 1\n  encryptionsalt: v1:x\n",
    "salt twice": "encryptionsalt: v1:x\nencryptionsalt: v1:y\nconfig:\n  mlops:p: 1\n",
    "secrets provider": "secretsprovider: passphrase\nencryptedkey: abc\nconfig:\n  mlops:p: 1\n",
    "neighbours": (
        "config:\n  aws:region: x\n  old:alert:\n    secure: AAAB\n"
        "  old:key: a\n    b\n  mlops:p: 1\n  pulumi:tags: {a: b}\n"
    ),
    "unknown key of the file": "configs: 1\nconfig:\n  mlops:p: 1\n",
    "config of nothing": "config:\n",
    "config of a list": "config: []\n",
    "config of a text": "config: x\n",
    "list": "[]\n",
    "text": "x\n",
    "second document": "config:\n  mlops:p: 1\n---\nconfig: {mlops:p: 5}\n",
    "document marks": "---\nconfig:\n  mlops:p: 1\n...\n",
    "YAML 1.1": "%YAML 1.1\n---\nconfig:\n  mlops:p: [0123, on]\n",
    "YAML 1.3": "%YAML 1.3\n---\nconfig:\n  mlops:p: 1\n",
    "JSON file": '{"config": {"mlops:p": {"a":1,"b":1.0,"c":"x","d":[true,null]}}}\n',
    "JSON file with tabs": '{\n\t"config":\t{\n\t\t"mlops:p": 1\n\t}\n}\n',
    "JSON file with an escaped slash": '{"config": {"mlops:p": "x\\/y"}}\n',
    "JSON text": 'config:\n  mlops:p: \'{"a": 1.0, "b": {}}\'\n',
    "JSON text that is cut off": "config:\n  mlops:p: '{\"a\": '\n",
    "number": _setting("3"),
    "number with a fraction": _setting("1.10"),
    "octal number": _setting("0123"),
    "truth": _setting("True"),
    "nothing": "config:\n  mlops:p:\n  mlops:q: ~\n",
    "empty text": _setting("''"),
    "encrypted": _setting("{secure: xx}"),
    "encrypted within": _setting("{a: [{secure: xx}], b: 1}"),
    "secure beside another key": _setting("{secure: xx, b: 1}"),
    "secure with a number": _setting("{secure: 3}"),
    "tabs as indentation": "config:\n\tmlops:p: 1\n",
    "tab after a colon": "config:\n  mlops:p:\ta\n",
    "tab within braces": "config:\n  mlops:p: {\ta:\t1,\n\t b: 2}\n",
    "tab before a comment": "config:\n  mlops:p: a\t# x\n",
    "tab at the end": "config:\t\n  mlops:p: a\t\n",
    "tab on an empty line": "config:\n  mlops:p: a\n\t\n  mlops:q: b\n",
    "cron without quotes": _setting("{a: */5 * * * *}"),
    "per cent": _setting("{a: %x}"),
    "no blank after a colon": _setting("{a:1, b: c:d}"),
    "CRLF": "config:\r\n  mlops:p: {a: 1}\r\n",
    "CR": "config:\r  mlops:p: a\r",
    "control character": "config:\n  mlops:p: a\x01b\n",
    "delete character": "config:\n  mlops:p: a\x7fb\n",
    "NUL": "config:\n  mlops:p: a\0b\n",
    "mark within": "config:\n  mlops:p: a\ufeffb\n",
}
_PLAIN = "config:\n  mlops:p: é🚀\n"
_OCTETS = {
    "UTF-8 with a mark": codecs.BOM_UTF8 + _PLAIN.encode(),
    "UTF-8 with two marks": codecs.BOM_UTF8 * 2 + _PLAIN.encode(),
    "UTF-8 with a mark and CRLF": codecs.BOM_UTF8 + _PLAIN.replace("\n", "\r\n").encode(),
    "UTF-16, little end first": codecs.BOM_UTF16_LE + _PLAIN.encode("utf-16-le"),
    "UTF-16, big end first": codecs.BOM_UTF16_BE + _PLAIN.encode("utf-16-be"),
    "UTF-16 without a mark": _PLAIN.encode("utf-16-le"),
    "UTF-16 with half a character": codecs.BOM_UTF16_LE + _PLAIN.encode("utf-16-le") + b"x",
    "UTF-32": codecs.BOM_UTF32_LE + _PLAIN.encode("utf-32-le"),
    "Latin-1": "config:\n  mlops:p: é\n".encode("latin-1"),
    "half a pair": b"config:\n  mlops:p: \xed\xa0\x80\n",
}
FORMS = {name: text.encode() for name, text in _TEXTS.items()} | _OCTETS
# What Pulumi reads at random: it walks a Go map, and the last one stays.
AT_RANDOM = {
    "bare and full key",
    "old and full key",
    "same key in another form",
}
