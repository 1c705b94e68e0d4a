#!/usr/bin/env bash
# Makes a folder that proves the GPU runtime on a machine with an NVIDIA driver and no Rust: the test
# binaries, the benchmark, the examples, `prism`, and a runner. NVRTC must be on that machine, or its library put into lib/.
#
#   scripts/gpu-bundle.sh [FOLDER]     makes it (default: target/gpu-bundle)
#   FOLDER/run.sh [test|sanitize|bench|demo|all]...   runs it there, and prints one summary
set -euo pipefail
cd "$(dirname "$0")/.."
out=${1:-target/gpu-bundle}
rm -rf "$out"
mkdir -p "$out/bin"

# Without symbols: what is carried should be small. The tests and examples without optimisation across
# crates, which takes long; the benchmark and `prism` as users build them.
export CARGO_PROFILE_RELEASE_DEBUG=false CARGO_PROFILE_RELEASE_STRIP=symbols
built=$(cargo build --release -p prism-cli --message-format=json)
built+=$'\n'$(cargo bench --no-run -p prism-gpu --bench stream_integration --message-format=json)
export CARGO_PROFILE_RELEASE_LTO=off CARGO_PROFILE_RELEASE_CODEGEN_UNITS=16
built+=$'\n'$(cargo test --release --no-run -p prism-stream -p prism-gpu --message-format=json)
built+=$'\n'$(cargo test --release --no-run -p prism-solver --test gpu --message-format=json)
built+=$'\n'$(cargo build --release --examples -p prism-stream -p prism-gpu --message-format=json)
printf '%s\n' "$built" | python3 -c '
import json, shutil, sys
out = sys.argv[1]
for line in sys.stdin:
    if not line.startswith("{"):
        continue
    message = json.loads(line)
    path = message.get("executable")
    if message.get("reason") != "compiler-artifact" or not path:
        continue
    target = message["target"]
    kind, name = target["kind"][0], target["name"]
    package = message["package_id"].split("#")[0].rsplit("/", 1)[-1]
    if kind == "bin":
        shutil.copy(path, f"{out}/bin/{name}")
    elif kind in ("lib", "test", "bench", "example"):
        kind = "test" if kind == "lib" else kind
        shutil.copy(path, f"{out}/bin/{kind}-{package}-{name}")
' "$out"
cp scripts/gpu-run.sh "$out/run.sh"
chmod +x "$out/run.sh"
du -sh "$out"
ls -1 "$out/bin"
