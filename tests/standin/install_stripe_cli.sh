#!/bin/sh
# Fetches Stripe's command line from npm for the test in this folder; no postinstall script runs.
#   tests/standin/install_stripe_cli.sh [FOLDER] [VERSION]      default: build/stripe-cli 1.52.0
set -eu
folder=${1:-build/stripe-cli} version=${2:-1.52.0}
binary=$folder/package/bin/stripe
if [ -x "$binary" ] && "$binary" version | grep -q "version $version"; then
  echo "$binary $version is there"
  exit 0
fi
mkdir -p "$folder"
cd "$folder"
archive=$(npm pack "@stripe/cli-linux-x64@$version" --silent)
tar -xzf "$archive"
rm -f "$archive"
./package/bin/stripe version | head -1
