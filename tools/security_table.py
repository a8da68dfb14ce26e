#!/usr/bin/env python3
"""Maps the numbered security requirements (docs/security-requirements.md) to the tests that hold them.

Test names carry the numbers they cover: TEST_CASE("security 8: …"), test('security 71, 72: …'). This
script collects them and writes docs/security-tests.md; with --check it fails when that page is stale or
when a requirement marked "now" has no test.
"""
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
REQUIREMENTS = ROOT / "docs" / "security-requirements.md"
PAGE = ROOT / "docs" / "security-tests.md"
# "security 8: …", "rule 7, security 46: …", "security 37 and 39: …", "security 68-71, 74: …"
NAMED = re.compile(r"""["'`][^"'`\n]{0,40}?security ((?:\d+(?:(?:-| to )\d+)?(?:, ?| and )?)+)[^:"'`\n]*: ?([^"'`\n]*)""")


def numbers(text):
    for first, last in re.findall(r"(\d+)(?:(?:-| to )(\d+))?", text):
        yield from range(int(first), int(last or first) + 1)


def tests():
    found = {}
    files = [f for pattern in ("*.cpp", "*.mjs", "*.ts", "*.py") for f in (ROOT / "tests").rglob(pattern)]
    files += list((ROOT / "wasm" / "src").rglob("*.test.ts"))
    for file in sorted(files):
        if "node_modules" in file.parts:
            continue
        for match in NAMED.finditer(file.read_text(encoding="utf-8")):
            for number in numbers(match.group(1)):
                found.setdefault(number, []).append((file.relative_to(ROOT).as_posix(), match.group(2).strip()))
    return found


def requirements():
    for line in REQUIREMENTS.read_text(encoding="utf-8").splitlines():
        row = re.match(r"\| (\d+) \| ([^|]+) \| (now|later|partly) \|", line)
        if row:
            yield int(row.group(1)), row.group(2).strip(), row.group(3)


found = tests()
lines = ["# Security requirements and the tests that hold them", "",
         "Made by `tools/security_table.py` from the names of the tests; the test run fails when it is stale.",
         "The numbers are those of [security-requirements.md](security-requirements.md). *Later* names what no",
         "released part touches yet.", "", "| # | requirement | tests |", "|---|---|---|"]
missing = []
for number, text, state in requirements():
    rows = found.get(number, [])
    if not rows and state != "later":
        missing.append(number)
    cell = "<br>".join(f"`{file}`: {name}".replace("|", "\\|") for file, name in rows)
    lines.append(f"| {number} | {text} | {cell or '*later*'} |")
page = "\n".join(lines) + "\n"

if "--check" in sys.argv:
    stale = not PAGE.exists() or PAGE.read_text(encoding="utf-8") != page
    if missing:
        print("requirements without a test:", ", ".join(map(str, missing)))
    if stale:
        print("docs/security-tests.md is stale: run tools/security_table.py")
    print(f"security table: {sum(1 for n in found)} numbers named by tests, {len(missing)} missing")
    sys.exit(1 if missing or stale else 0)
PAGE.write_text(page, encoding="utf-8")
print(f"wrote {PAGE.relative_to(ROOT)}; without a test: {missing or 'none'}")
