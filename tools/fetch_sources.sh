#!/bin/sh
# fetch_sources.sh [DIRECTORY] - Debian source packages that Twofold compiles itself.
#
# Puts the upstream sources named in dependencies.conf into DIRECTORY (build/deps by default) as
# DIRECTORY/cryptopp and DIRECTORY/cpp-httplib. They come from the archive this machine already
# trusts: its own Debian entry (address and keyring) is turned into a deb-src list in a private apt
# directory, so nothing under /etc or /var changes, no root is needed, and apt checks the signed
# index and the hashes as always. Running it again does nothing while the sources are new enough.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
out=${1:-$here/../build/deps}
conf=$here/dependencies.conf
mkdir -p "$out"
out=$(cd "$out" && pwd)

die() {
    printf 'fetch_sources: %s\n' "$1" >&2
    shift
    for line in "$@"; do printf '  %s\n' "$line" >&2; done
    exit 1
}

# Two make targets may ask at once; the second waits and then finds the stamps.
exec 9> "$out/.lock"
flock 9

directory_of() {
    case $1 in
        libcrypto++) echo cryptopp ;;
        *) echo "$1" ;;
    esac
}

entries=$(grep -Ev '^[[:space:]]*(#|$)' "$conf")

# A stamp holds the version that was unpacked; it must still satisfy the minimum.
is_current() { # package minimum
    dir=$out/$(directory_of "$1")
    [ -f "$dir/.version" ] || return 1
    dpkg --compare-versions "$(cat "$dir/.version")" ge "$2"
}

missing=$(echo "$entries" | while read -r package minimum suites; do
    is_current "$package" "$minimum" || echo "$package $minimum $suites"
done)
[ -n "$missing" ] || exit 0

[ -r /etc/os-release ] || die "no /etc/os-release" "this script derives its source list from a Debian system"
codename=$(. /etc/os-release && echo "${VERSION_CODENAME:-}")
[ -n "$codename" ] || codename=sid

# --- the machine's own Debian entry -------------------------------------------------------------
# Prints "rank<TAB>uri<TAB>signed-by" for every enabled entry that carries this release's main
# component. Entries signed by Debian's keyring come first: other vendors use our code names too.
# Line breaks of an embedded key travel as \001.
scan_one_line() {
    awk -v codename="$codename" '
        /^[ \t]*deb(-src)?[ \t]/ {
            options = ""
            line = $0
            if (match(line, /\[[^]]*\]/)) {
                options = substr(line, RSTART + 1, RLENGTH - 2)
                line = substr(line, 1, RSTART - 1) substr(line, RSTART + RLENGTH)
            }
            sub(/#.*/, "", line)
            n = split(line, field, /[ \t]+/)
            first = (field[1] == "") ? 2 : 1
            uri = field[first + 1]; suite = field[first + 2]; found = 0
            for (i = first + 3; i <= n; i++) if (field[i] == "main") found = 1
            key = ""
            m = split(options, option, /[ \t]+/)
            for (i = 1; i <= m; i++)
                if (tolower(option[i]) ~ /^signed-by=/) key = substr(option[i], 11)
            if (suite == codename && found && uri !~ /^cdrom:/) print rank(uri, key) "\t" uri "\t" key
        }
        function rank(uri, key) {
            return (key ~ /debian-archive/ ? 0 : key == "" ? 1 : 2) "" (uri ~ /debian\/?$/ ? 0 : 1)
        }' "$@"
}
scan_deb822() {
    awk -v codename="$codename" '
        function flush(   i, n, suites, has_suite, uris) {
            n = split(value["suites"], suites, /[ \t\001]+/)
            has_suite = 0
            for (i = 1; i <= n; i++) if (suites[i] == codename) has_suite = 1
            n = split(value["uris"], uris, /[ \t\001]+/)
            if (has_suite && (" " value["components"] " ") ~ /[ \t\001]main[ \t\001]/ &&
                (" " value["types"] " ") ~ /[ \t]deb(-src)?[ \t]/ &&
                tolower(value["enabled"]) !~ /^(no|false|off|0)$/)
                for (i = 1; i <= n; i++)
                    if (uris[i] != "" && uris[i] !~ /^cdrom:/)
                        print rank(uris[i], value["signed-by"]) "\t" uris[i] "\t" value["signed-by"]
            split("", value); name = ""
        }
        function rank(uri, key) {
            return (key ~ /debian-archive/ ? 0 : key == "" ? 1 : 2) "" (uri ~ /debian\/?$/ ? 0 : 1)
        }
        FNR == 1 && NR > 1 { flush() }
        /^#/ { next }
        /^[ \t]*$/ { flush(); next }
        /^[ \t]/ { value[name] = value[name] "\001" $0; next }
        {
            colon = index($0, ":")
            name = tolower(substr($0, 1, colon - 1))
            text = substr($0, colon + 1)
            sub(/^[ \t]+/, "", text); sub(/[ \t]+$/, "", text)
            value[name] = text
        }
        END { flush() }' "$@"
}

find_entry() {
    etc=${TWOFOLD_APT_ETC:-/etc/apt}
    for file in "$etc/sources.list" "$etc"/sources.list.d/*.list; do
        if [ -r "$file" ]; then scan_one_line "$file"; fi
    done
    for file in "$etc"/sources.list.d/*.sources; do
        if [ -r "$file" ]; then scan_deb822 "$file"; fi
    done
}
entry=$(find_entry | sort -s -k1,1 | head -n 1)
[ -n "$entry" ] || die "no Debian entry for '$codename' main under /etc/apt" \
    "add the Debian archive to /etc/apt/sources.list.d (component main) and run this again"
tab=$(printf '\t')
uri=$(printf '%s' "$entry" | cut -d "$tab" -f 2)
key=$(printf '%s' "$entry" | cut -d "$tab" -f 3-)

# --- a private apt, one per suite, so that a suite the mirror lacks does not spoil the others -----
work=$(mktemp -d "$out/.apt.XXXXXX")
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM

in_suite() { # suite command...
    root=$work/$1
    shift
    command=$1
    shift
    "$command" -q -o Dir::Etc::sourcelist=/dev/null -o Dir::Etc::sourceparts="$root/sources.d" \
        -o Dir::State="$root/state" -o Dir::State::status=/dev/null -o Dir::Cache="$root/cache" \
        -o APT::Sandbox::User="$(id -un)" -o Acquire::Retries=3 -o Acquire::Languages=none "$@"
}

prepare() { # suite: true when its source index is here
    root=$work/$1
    [ -d "$root" ] || {
        mkdir -p "$root/sources.d" "$root/state/lists/partial" "$root/cache/archives/partial"
        {
            echo "Types: deb-src"
            echo "URIs: $uri"
            echo "Suites: $1"
            echo "Components: main"
            if [ -n "$key" ]; then printf 'Signed-By: %s\n' "$key" | tr '\001' '\n'; fi
        } > "$root/sources.d/twofold.sources"
        if in_suite "$1" apt-get -o APT::Update::Error-Mode=any update > "$root/log" 2>&1; then
            : > "$root/ready"
        fi
    }
    [ -f "$root/ready" ]
}

newest() { # suite package
    in_suite "$1" apt-cache showsrc --only-source "$2" 2> /dev/null | sed -n 's/^Version: //p' |
        while read -r version; do
            if [ -z "${best:-}" ] || dpkg --compare-versions "$version" gt "$best"; then
                best=$version
                echo "$best"
            fi
        done | tail -n 1
}

fetch() { # package minimum suite...
    package=$1
    minimum=$2
    shift 2
    seen=
    for suite in "$@"; do
        [ "$suite" != @ ] || suite=$codename
        if ! prepare "$suite"; then
            seen="$seen $suite: not reachable ($(grep -E '^(E|W|Err)' "$work/$suite/log" | head -n 1));"
            continue
        fi
        version=$(newest "$suite" "$package")
        if [ -z "$version" ] || ! dpkg --compare-versions "$version" ge "$minimum"; then
            seen="$seen $suite: ${version:-not there};"
            continue
        fi
        echo "fetch_sources: $package $version from $suite"
        mkdir -p "$work/$package"
        (cd "$work/$package" && in_suite "$suite" apt-get source --download-only --tar-only \
            "$package=$version" > "$work/log" 2>&1) ||
            die "apt could not download $package $version" "$(tail -n 3 "$work/log")"
        mkdir "$work/$package/tree"
        for archive in "$work/$package"/*.orig.tar.*; do
            case $archive in *.asc) continue ;; esac
            tar -xf "$archive" -C "$work/$package/tree" --strip-components=1 --no-same-owner
        done
        echo "$version" > "$work/$package/tree/.version"
        target=$out/$(directory_of "$package")
        rm -rf "$target"
        mv "$work/$package/tree" "$target"
        return 0
    done
    die "no source package $package >= $minimum in:$seen" \
        "asked: the Debian archive of this machine's own apt sources, release $codename" \
        "- if the mirror is a partial or frozen one, add a full Debian mirror to /etc/apt" \
        "- if the network is down or behind a proxy, make 'apt-get update' work first" \
        "- the minimum versions stand in tools/dependencies.conf"
}

echo "$missing" | while read -r package minimum suites; do
    # Word splitting is meant: the suites are a list.
    # shellcheck disable=SC2086
    fetch "$package" "$minimum" $suites
done
