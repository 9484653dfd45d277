#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Templates and what Python's str.format makes of them, the same ones every time.

    template_cases.py [NUMBER] > FILE      then: test_template FILE
"""
import random
import string
import sys

# tests/unit/test_template.c has the same ones
VALUES = {
    "a": "x",
    "b-c": "it's",
    "e": "",
    "u": "h\u00e9\u4e2d\U0001f600",
    "x y": "two words",
    "n": "12",
    "\u00e9": "acute",
    "br": "{a}",
    "q": "'a\nb\\c\"'",
}
PIECES = (
    list(VALUES)
    + ["{" + name + "}" for name in VALUES]
    + ["{{", "}}", "{", "}", "{{{", "}}}", "{}", "{0}", "${", "$", " ", "\n", "\u00e9"]
    + ["!r", "!s", "!a", "!x", "!", ":", ":>5", ":<3", ":^7", ":*^9", ":.2", ":05", ":5.1"]
    + [":\u00e9>4", ":=5", ":d", ":,", ":_", ":+", ":#", ":z", ":s", ":5s", ":ss", ": ", ":0"]
    + ["{a:{n}}", "{u:{a}<{n}}", "{u:.{n}}", "{a:{n}.{n}}", "{a:{b-c:{n}}}", "{a!r:>{n}}"]
    + ["[0]", "[1]", "[3]", "[9]", "[-1]", "[k]", "[]", "[", "]", ".x", ".", "[0][0]"]
    + ["{a[0]}", "{u[1]}", "{u[2]!r}", "{u[3]:>4}", "{e[0]}", "{a.real}", "{q!r}", "{u!a}"]
    + ["echo", "'", "\"", "\\", "HOME}", "{HOME", "{print $1}"]
)


def uses_attributes(text):
    """Attributes of a parameter make no sense in a command and are refused."""
    for _, field, spec, _ in string.Formatter().parse(text):
        if field is None:
            continue
        _, rest = __import__("_string").formatter_field_name_split(field)
        if any(is_attr for is_attr, _ in rest) or uses_attributes(spec or ""):
            return True
    return False


def expected(text):
    try:
        result = text.format(**VALUES)
        return None if uses_attributes(text) else result
    except (KeyError, ValueError, IndexError, TypeError, AttributeError):
        return None


def field(rng):
    """Something that looks like a replacement field, often a valid one."""
    name = rng.choice(list(VALUES) + ["zz", "", "0"])
    access = rng.choice(["", "", "", "", "[0]", "[1]", "[k]", ".x"])
    conversion = rng.choice(["", "", "", "!r", "!s", "!a", "!q"])
    spec = ""
    if rng.random() < 0.5:
        spec = ":" + rng.choice(["", "*", "\u00e9", "{a}", "0"])
        spec += rng.choice(["", "<", ">", "^", "="]) + rng.choice(["", "", "0", "+", "#"])
        spec += rng.choice(["", "3", "17", "{n}"]) + rng.choice(["", "", ".2", ".0", ".", ".{n}"])
        spec += rng.choice(["", "", "s", "d", "x"])
    return "{" + name + access + conversion + spec + "}"


def main():
    number = int(sys.argv[1]) if len(sys.argv) > 1 else 20000
    rng = random.Random(20)
    for i in range(number):
        pieces = [
            field(rng) if rng.random() < 0.4 else rng.choice(PIECES)
            for _ in range(rng.randint(1, 5))
        ]
        text = "".join(pieces)
        result = expected(text)
        shown = " !" if result is None else " = " + result.encode().hex()
        print(text.encode().hex() + shown)


if __name__ == "__main__":
    main()
