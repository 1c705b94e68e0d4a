#!/usr/bin/env bash
# Makes the PTX files beside the kernels again, with the oldest NVRTC that counts (see
# crates/prism-stream/src/generic.rs). Run it after a change of a kernel that has one.
set -euo pipefail
cd "$(dirname "$0")/.."
LD_LIBRARY_PATH=$(scripts/nvrtc.sh 12.0.140) PRISM_WRITE_PTX=1 \
    cargo test --quiet -p prism-gpu --lib the_generic_ptx_can_be_made_again
git status --short -- '*.ptx'
