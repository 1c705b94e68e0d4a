#!/usr/bin/env bash
# Installs one version of NVRTC, CUDA's run-time compiler, from PyPI into a folder under target/, once,
# and prints the folder that its library is in. It needs neither a GPU nor a driver.
#
#   LD_LIBRARY_PATH=$(scripts/nvrtc.sh VERSION) cargo test ...     VERSION: 13.0.88, ..., or newest
set -euo pipefail
cd "$(dirname "$0")/.."
version=${1:?which version}
case $version in
newest) package=nvidia-cuda-nvrtc ;;
12.*) package=nvidia-cuda-nvrtc-cu12==$version ;;
*) package=nvidia-cuda-nvrtc==$version ;;
esac
folder=$PWD/target/nvrtc/$version
library() { find "$folder" -name 'libnvrtc.so.1[23]' 2>/dev/null | head -1; }
if [ -z "$(library)" ]; then
    rm -rf "$folder"
    python3 -m pip install --quiet --disable-pip-version-check --root-user-action ignore \
        --no-deps --target "$folder" "$package" >&2
fi
dirname "$(library)"
