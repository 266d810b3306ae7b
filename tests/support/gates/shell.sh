#!/bin/sh
# Gate: shellcheck finds nothing in our shell scripts.
set -eu
cd "$(dirname "$0")/../../.."
files=$(tests/support/gates/files.sh run .ci/run '*.sh')
printf '%s\n' "$files" | tr '\n' '\0' | xargs -0 shellcheck --severity=info --external-sources
echo "$(printf '%s\n' "$files" | wc -l) scripts"
