#!/usr/bin/env python3
"""Fails when a file includes what its room may not (ARCHITECTURE.md, "Rooms and arrows").

Every room lists the rooms it may include and the libraries it may see; anything else is a fault.
Usage: tools/check_rooms.py [ROOT]; prints each fault as FILE:LINE, exit 1 when there is one.
"""
import pathlib
import re
import sys

ROOT = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).parent.parent)

# Library headers by the first part of the include path. Standard headers have no slash and no .h.
LIBRARIES = {
    "cryptopp": ("cryptopp/", "sha.h", "config.h", "misc.h"),
    "openssl": ("openssl/",),
    "soci": ("soci/", "sqlite3.h", "mysql", "mariadb/", "errmsg.h", "mysqld_error.h"),
    "httplib": ("httplib.h",),
    "json": ("nlohmann/",),
    "curl": ("curl/",),
    "argon2": ("argon2.h",),
    "log": ("spdlog/", "fmt/"),
    "cli": ("CLI/",),
    "phonenumber": ("phonenumbers/",),
    "idn": ("idn2.h",),
    "posix": ("sys/", "arpa/", "netinet/", "netdb.h", "unistd.h", "fcntl.h", "poll.h", "signal.h",
              "pthread.h", "dirent.h", "sched.h", "time.h", "linux/"),
}

# room: (rooms it may include, libraries it may include)
ROOMS = {
    "shared": ((), ("cryptopp",)),
    # The module brings its own form of the hashes' constants, which Crypto++ declares.
    "wasm": (("shared",), ("cryptopp",)),
    "server/domain": (("shared",), ("idn",)),
    "server/storage": (("shared", "server/domain"), ("soci", "posix")),
    "server/delivery": (("shared", "server/domain"), ("curl", "json", "posix")),
    "server/http": (("shared", "server/domain"), ("httplib", "json", "openssl", "posix")),
    "server/platform": (("shared", "server/domain"), ("openssl", "argon2", "phonenumber", "log", "cli", "json",
                                                     "posix")),
    "server": (("shared", "server/domain", "server/storage", "server/delivery", "server/http",
                "server/platform"), ("cli", "log", "json", "posix")),
}
# In the core these would bring I/O, clocks, locales or exceptions (ARCHITECTURE.md: pure).
CORE_FORBIDDEN = {"iostream", "fstream", "sstream", "ostream", "istream", "iomanip", "locale", "chrono",
                  "ctime", "time.h", "random", "thread", "mutex", "filesystem", "stdexcept", "exception",
                  "regex", "cstdio", "stdio.h"}
# Made by CMake into the build folder, for the room that includes it.
GENERATED = {"catalogs.hpp"}
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')
IMPORT = re.compile(r"""(?:from|import)\s*\(?\s*['"]([^'"]+)['"]""")


def room_of(path: str) -> str:
    for room in sorted(ROOMS, key=len, reverse=True):
        if path.startswith(room + "/"):
            return room
    return ""


def library_of(header: str) -> str:
    for library, prefixes in LIBRARIES.items():
        if header.startswith(prefixes):
            return library
    return ""


def faults():
    for room, (rooms, libraries) in ROOMS.items():
        for file in sorted((ROOT / room).rglob("*.[ch]pp")):
            name = file.relative_to(ROOT).as_posix()
            if room_of(name) != room or "node_modules" in name:
                continue
            for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1):
                found = INCLUDE.match(line)
                if not found:
                    continue
                quote, header = found.groups()
                where = f"{name}:{number}"
                if quote == '"':
                    if header in GENERATED:
                        continue
                    target = room_of(header)
                    if not target:
                        yield f'{where}: "{header}" is no path from the top of the tree'
                    elif target != room and target not in rooms:
                        yield f"{where}: {room} may not include {target}"
                    continue
                library = library_of(header)
                if library and library not in libraries:
                    yield f"{where}: {room} may not use {library} (<{header}>)"
                elif not library and ("/" in header or header.endswith((".h", ".hpp"))):
                    yield f"{where}: <{header}> belongs to no library this check knows; add it or drop it"
                if room == "shared" and header in CORE_FORBIDDEN:
                    yield f"{where}: the core is pure, no <{header}>"
    # wasm <- web, never back; neither imports the server.
    for folder, forbidden in (("wasm/src", ("web", "server")), ("web/src", ("server", "shared"))):
        for file in sorted((ROOT / folder).rglob("*.ts")):
            name = file.relative_to(ROOT).as_posix()
            for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1):
                for target in IMPORT.findall(line):
                    if not target.startswith("."):
                        continue
                    resolved = (file.parent / target).resolve()
                    try:
                        inside = resolved.relative_to(ROOT.resolve()).as_posix()
                    except ValueError:
                        yield f"{name}:{number}: {target} leads out of the tree"
                        continue
                    if inside.split("/")[0] in forbidden:
                        yield f"{name}:{number}: {folder} may not import {inside}"


found = list(faults())
for fault in found:
    print(fault)
checked = sum(1 for room in ROOMS for _ in (ROOT / room).rglob("*.[ch]pp"))
if checked == 0:
    print("no file found to check: wrong folder?")
    sys.exit(1)
print(f"rooms: {len(found)} forbidden includes")
sys.exit(1 if found else 0)
