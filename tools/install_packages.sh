#!/usr/bin/env bash
# Installs the Debian packages of the named groups that are not there yet (tools/packages.txt).
# Usage: tools/install_packages.sh GROUP...
# Quick when nothing is missing; needs root or sudo only when something is.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)

wanted=()
for group in "$@"; do
    while read -r line; do
        read -ra words <<<"$line"
        wanted+=("${words[@]}")
    done < <(sed -n "s/^$group: //p" "$here/packages.txt")
done

# Node.js may come from elsewhere than Debian: any 18 or newer with npm will do.
has_node() {
    command -v npm >/dev/null && node -e 'process.exit(Number(process.versions.node.split(".")[0]) >= 18 ? 0 : 1)' 2>/dev/null
}

missing=()
for package in "${wanted[@]}"; do
    case $package in
        nodejs | npm) has_node && continue ;;
    esac
    dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q '^install ok installed$' || missing+=("$package")
done
[ ${#missing[@]} -eq 0 ] && exit 0

if ! command -v apt-get >/dev/null; then
    echo "Twofold builds on Debian 12 or 13. Missing here: ${missing[*]}" >&2
    exit 1
fi
as_root=()
if [ "$(id -u)" -ne 0 ]; then
    if ! command -v sudo >/dev/null; then
        echo "Missing packages: ${missing[*]}" >&2
        echo "Run this once as root:  apt-get install -y --no-install-recommends ${missing[*]}" >&2
        exit 1
    fi
    as_root=(sudo)
fi
echo "Installing: ${missing[*]}"
export DEBIAN_FRONTEND=noninteractive
log=$(mktemp)
trap 'rm -f "$log"' EXIT
install() { "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "${missing[@]}" >"$log" 2>&1; }
# A fresh machine has no package lists, and a list of yesterday may name what is gone: update first.
if ! { "${as_root[@]}" apt-get update -q >"$log" 2>&1 && install; }; then
    tail -n 20 "$log" >&2
    echo "apt-get could not install what is missing (its last lines are above). Check the network and" >&2
    echo "the package sources in /etc/apt, then run the same command again." >&2
    exit 1
fi
