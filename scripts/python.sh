#!/usr/bin/env bash
# Builds, installs and tests the Python package in a fresh virtual environment, by the two commands of its README.
# Installs Python where it is missing and apt-get is there; without either it says so and tests nothing.
#
#   MATURIN_PEP517_ARGS="--profile dev" scripts/python.sh      builds faster, and what it builds is slower
set -euo pipefail
cd "$(dirname "$0")/.."

has_python() { python3 -c 'import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 10))' 2>/dev/null; }

if ! has_python && command -v apt-get >/dev/null; then
    sudo=""
    [ "$(id -u)" -eq 0 ] || sudo="sudo"
    $sudo apt-get update -qq
    $sudo apt-get install -y -qq python3 python3-venv
fi
if ! has_python; then
    echo "skipped: there is no Python 3.10 or later with venv and ensurepip"
    exit 0
fi
rm -rf python/target/venv
commands=$(awk '/^```sh$/ { inside = 1; next } /^```$/ { exit } inside' python/README.md)
[ "$(printf '%s\n' "$commands" | wc -l)" -eq 2 ]
export PIP_DISABLE_PIP_VERSION_CHECK=1
bash -euxo pipefail -c "$commands"
