#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Every message that the program can say, from its source, one a line.

usage: extract.py TOP

"FILE: text" for a message, "FILE:   text" for a hint (what to do next).  The texts are
the formats in calls of the functions below.  A function with a printf-like format that is
neither below nor among those that make other text is an error: it has to be sorted in.
"""
import glob
import os
import re
import sys

# function: which argument is the format
MESSAGES = {
    "err_set": 2, "err_sys": 2, "err_wrap": 1, "lib_fail": 1, "event_warning": 0,
    "page_error": 2, "page_warn": 2, "manifest_report": 4, "diag_add": 5, "cli_usage": 1,
    "ctx_say": 2, "dprintf": 1, "error_say": 2, "fail": 2, "json_error": 2, "lose": 1,
    "api_refuse": 4, "logs_say": 0,
}
HINTS = {"err_hint": 1, "page_hint": 2, "diag_set_hint": 2, "hint": 1}
BOTH = MESSAGES | HINTS
OTHER = {"buf_addf", "arena_printf", "strvec_pushf", "buf_addv", "sql_add"}

LITERAL = r'"(?:[^"\\]|\\.)*"'
TOKEN = re.compile(rf'{LITERAL}|\'(?:[^\'\\]|\\.)*\'|[A-Za-z_]\w*|[^\s]', re.S)


def without_comments(text):
    def blank(match):
        return match.group(0) if match.group(0)[0] in "\"'" else " "
    return re.sub(rf'{LITERAL}|\'(?:[^\'\\]|\\.)*\'|/\*.*?\*/|//[^\n]*', blank, text,
                  flags=re.S)


def arguments(tokens, at):
    """The arguments of the call whose "(" is at `at`, each as a list of tokens."""
    args, depth = [[]], 0
    for token in tokens[at:]:
        if token in "([{":
            depth += 1
            if depth == 1:
                continue
        elif token in ")]}":
            depth -= 1
            if depth == 0:
                return args
        if token == "," and depth == 1:
            args.append([])
        else:
            args[-1].append(token)
    return args


def texts(tokens):
    """The literals of an argument; several where it chooses between them with ?:."""
    found, text = [], None
    for token in tokens:
        if token[0] == '"':
            text = (text or "") + token[1:-1]
        elif re.fullmatch(r"[A-Z][A-Z_0-9a-z]*", token) and text is not None:
            text += f"<{token}>"
        elif text is not None:
            found.append(text)
            text = None
    return found + ([text] if text is not None else [])


def messages(path):
    tokens = TOKEN.findall(without_comments(open(path, encoding="utf-8").read()))
    for i, token in enumerate(tokens[:-1]):
        if tokens[i + 1] != "(" or token not in BOTH:
            continue
        args = arguments(tokens, i + 1)
        index = BOTH[token]
        if "SAY_DEBUG" in sum(args, []) or len(args) <= index:
            continue
        if token == "dprintf" and "STDERR_FILENO" not in args[0]:
            continue
        for text in texts(args[index]):
            for line in text.split("\\n"):
                if not re.search("[A-Za-z]{2}", re.sub("%[.*0-9]*[a-z]+", "", line)):
                    continue
                hint = token in HINTS or (token == "dprintf" and line.startswith("  "))
                yield ("  " if hint else "") + line.strip().replace('\\"', '"')


def main():
    os.chdir(sys.argv[1])
    unknown = set()
    files = sorted(glob.glob("src/*/*.c"))
    for path in files + sorted(glob.glob("src/*/*.h")):
        text = without_comments(open(path, encoding="utf-8").read())
        for name in re.findall(r"(\w+)\([^;{}()]*\)\s*__attribute__\(\(format\(printf, \d, [1-9]",
                               text):
            unknown |= {name} - BOTH.keys() - OTHER
    if unknown:
        sys.exit(f"extract.py does not know {', '.join(sorted(unknown))}")
    for path in files:
        for text in sorted(set(messages(path))):
            print(f"{path}: {text}")


main()
