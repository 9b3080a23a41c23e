#!/bin/sh
# Fetches the real opencode agent from npm for the tests in this folder; no postinstall script runs.
#   tests/agent/install.sh [FOLDER] [VERSION]      default: build/agent 1.18.33
set -eu
folder=${1:-build/agent} version=${2:-1.18.33}
binary=$folder/package/bin/opencode
if [ -x "$binary" ] && [ "$("$binary" --version)" = "$version" ]; then
  echo "$binary $version is there"
  exit 0
fi
mkdir -p "$folder"
cd "$folder"
archive=$(npm pack "opencode-linux-x64@$version" --silent)
tar -xzf "$archive"
rm -f "$archive"
echo "$binary $(./package/bin/opencode --version)"
