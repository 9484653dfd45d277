#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Take the manual pages at their word.

usage: manual.py block FILE SECTION N       print the Nth literal block of a section
       manual.py examples FILE              print the commands of EXAMPLES, one a line
       manual.py table FILE SECTION N       the same block as rows: LEFT<tab>RIGHT
       manual.py shape FILE SECTION N       is that block the shape of the JSON on stdin?

A shape has the members of an object in braces and those of each element of an array in
brackets; {...} is an object whose members differ, [] an array of text.
"""
import json
import re
import sys

ESCAPES = {r"\(aq": "'", r"\(dq": '"', r"\&": "", r"\e": "\\", r"\ ": " "}


def plain(line):
    for escape, text in ESCAPES.items():
        line = line.replace(escape, text)
    return line


def section(path, name):
    lines, on = [], False
    with open(path, encoding="utf-8") as page:
        for line in page.read().split("\n"):
            if re.match(r"\.S[hs] ", line):
                on = line[4:] == name
            elif on:
                lines.append(line)
    if not lines:
        sys.exit(f"{path} has no section {name}")
    return lines


def block(path, name, number):
    lines = None
    for line in section(path, name):
        if line.startswith(".Bd -literal"):
            number -= 1
            lines = []
        elif line == ".Ed" and number == 0:
            return lines
        elif lines is not None:
            lines.append(plain(line))
    sys.exit(f"{path}: {name} has no such block")


def examples(path):
    return [plain(line[len(".Dl $ "):]) for line in section(path, "EXAMPLES")
            if line.startswith(".Dl $ ")]


def table(path, name, number):
    head, *rows = block(path, name, number)
    at = re.search(r"  +", head).end()
    return [(row[:at].rstrip(), row[at:]) for row in rows]


def described(text):
    """The paths that a shape names: "exit", "exit.kind", "errors[].line"."""
    paths, prefix, last, open_maps = set(), [""], "", set()
    for token in re.findall(r"[\w]+|\.\.\.|[{}\[\]]", text):
        if token == "...":
            open_maps.add(prefix[-1].rstrip("."))
        elif token in "{[":
            prefix.append(last + ("[]." if token == "[" else "." if last else ""))
        elif token in "}]":
            prefix.pop()
        else:
            last = prefix[-1] + token
            paths.add(last)
    return paths, open_maps


def actual(value, path, open_maps, found):
    if isinstance(value, dict) and path not in open_maps:
        for key, member in value.items():
            name = f"{path}.{key}" if path else key
            found.add(name)
            actual(member, name, open_maps, found)
    elif isinstance(value, list):
        for member in value:
            actual(member, path + "[]", open_maps, found)


def shape(path, name, number):
    want, open_maps = described("\n".join(block(path, name, number)))
    found = set()
    actual(json.load(sys.stdin), "", open_maps, found)
    if len(want) < 3 or want != found:
        sys.exit(f"only in the manual: {sorted(want - found)}\n"
                 f"only in the output: {sorted(found - want)}")


def main():
    what, path, *rest = sys.argv[1:]
    if what == "examples":
        print("\n".join(examples(path)))
        return
    name, number = rest[0], int(rest[1])
    if what == "block":
        print("\n".join(block(path, name, number)))
    elif what == "table":
        print("\n".join("\t".join(row) for row in table(path, name, number)))
    else:
        shape(path, name, number)


main()
