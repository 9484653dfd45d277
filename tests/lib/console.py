#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Run the ```console blocks of a Markdown file and compare their output.

usage: console.py FILE

The commands run in order with bash in the current directory, both streams together.  What
differs by nature is made alike on both sides: run ids, generated names, times, durations,
white space in tables, and the directory that stands for /home/ann.
"""
import os
import re
import subprocess
import sys

RULES = [
    (r"\b[0-9a-f]{32}\b", "ID"),
    (r"(?m)^[0-9a-f]{8}\b", "ID8"),
    (r"\b[a-z]+-[a-z]+-\d+\b", "NAME"),
    (r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", "TIME"),
    (r"\b\d+(\.\d)? (ms|s)\b", "TOOK"),
    (r"[ \t]+", " "),
    (r"(?m) $", ""),
]


def alike(text):
    text = text.replace(os.getcwd(), "/home/ann")
    for pattern, name in RULES:
        text = re.sub(pattern, name, text)
    return sorted_streams(text.strip())


def sorted_streams(text):
    """Two streams may mix in any order: compare mlp's own lines and the others apart."""
    lines = text.split("\n")
    ours = [line for line in lines if line.startswith("mlp:")]
    return ours, [line for line in lines if not line.startswith("mlp:")]


def blocks(markdown):
    for block in re.findall(r"```console\n(.*?)```", markdown, re.S):
        for step in re.split(r"(?m)^\$ ", block)[1:]:
            command, _, expected = step.partition("\n")
            yield command, expected


def main():
    steps = list(blocks(open(sys.argv[1], encoding="utf-8").read()))
    if len(steps) < 5:
        sys.exit("hardly any commands found: is the file right?")
    for command, expected in steps:
        done = subprocess.run(["bash", "-c", command], stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        if alike(done.stdout) != alike(expected):
            sys.exit(f"$ {command}\nexpected:\n{expected}\nsaw:\n{done.stdout}")


main()
