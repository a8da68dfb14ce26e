#!/usr/bin/env python3
"""Writes backup_codes.json: vectors for other implementations, made by this second, plain one.

A code is the first 65 bits of nine random bytes in Crockford's Base32 (13 characters) and that
number modulo 1021 in two more. Deterministic: running it again must change nothing.
"""
import hashlib
import json
import pathlib

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def digits(number: int, count: int) -> str:
    return "".join(ALPHABET[number >> 5 * i & 31] for i in reversed(range(count)))


def make(random: bytes) -> str:
    number = int.from_bytes(random, "big") >> 7
    return digits(number, 13) + digits(number % 1021, 2)


def shown(code: str) -> str:
    return f"{code[:5]}-{code[5:10]}-{code[10:]}"


inputs = [bytes(9), b"\xff" * 9, bytes(range(1, 10)), bytes(7) + b"\x01\x00", bytes(8) + b"\x80",
          b"\x80" + bytes(8)]
inputs += [hashlib.sha256(b"twofold backup code %d" % i).digest()[:9] for i in range(26)]
make_cases = [{"random_hex": r.hex(), "canonical": make(r), "shown": shown(make(r))} for r in inputs]

good = make(inputs[10])
# A code with 0 and 1 in it, to be typed with the letters people read instead.
mixed = next(make(hashlib.sha256(b"mixed %d" % i).digest()[:9]) for i in range(10**6)
             if {"0", "1"} <= set(make(hashlib.sha256(b"mixed %d" % i).digest()[:9])[:13]))
parse_cases = [
    {"typed": good, "canonical": good, "why": "canonical"},
    {"typed": shown(good), "canonical": good, "why": "as shown"},
    {"typed": shown(good).lower(), "canonical": good, "why": "lower case"},
    {"typed": "  " + " ".join(good) + " ", "canonical": good, "why": "spaces anywhere"},
    {"typed": "-" + shown(good) + "-", "canonical": good, "why": "hyphens anywhere"},
    {"typed": mixed.replace("0", "O").replace("1", "I"), "canonical": mixed, "why": "O is 0, I is 1"},
    {"typed": mixed.replace("0", "o").replace("1", "l"), "canonical": mixed, "why": "o is 0, l is 1"},
]
wrong = good[:4] + ALPHABET[(ALPHABET.index(good[4]) + 1) % 32] + good[5:]
at = next(i for i in range(14) if good[i] != good[i + 1])
swapped = good[:at] + good[at + 1] + good[at] + good[at + 2:]
refused = [
    {"typed": wrong, "error": "check_mismatch", "why": "one character off"},
    {"typed": swapped, "error": "check_mismatch", "why": "two neighbours swapped"},
    {"typed": good[:14], "error": "code_malformed", "why": "one short"},
    {"typed": good + "0", "error": "code_malformed", "why": "one long"},
    {"typed": "U" + good[1:], "error": "code_malformed", "why": "U is not in the alphabet"},
    {"typed": good + "\n", "error": "code_malformed", "why": "line break"},
    {"typed": good[:7] + "\u0000" + good[8:], "error": "code_malformed", "why": "NUL"},
    {"typed": "\uff10" + good[1:], "error": "code_malformed", "why": "full-width digit"},
    {"typed": good[:5] + "\u2013" + good[5:], "error": "code_malformed", "why": "en dash"},
    {"typed": good[:5] + "_" + good[5:], "error": "code_malformed", "why": "underscore"},
    {"typed": "", "error": "code_malformed", "why": "empty"},
    {"typed": "-" * 80, "error": "code_malformed", "why": "nothing but hyphens"},
    {"typed": "123456", "error": "code_malformed", "why": "a code from an app"},
]
out = {"about": __doc__, "alphabet": ALPHABET, "modulus": 1021, "make": make_cases,
       "parse": parse_cases, "refused": refused}
path = pathlib.Path(__file__).with_name("backup_codes.json")
path.write_text(json.dumps(out, indent=1, ensure_ascii=True) + "\n", encoding="utf-8")
