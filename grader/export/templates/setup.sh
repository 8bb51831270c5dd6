#!/usr/bin/env bash
# Runs once, as root, while Gradescope builds the image: Python, the grader and the sandbox.
set -euo pipefail
cd /autograder/source
export DEBIAN_FRONTEND=noninteractive
apt-get update
apt-get install -y --no-install-recommends bubblewrap python3 python3-venv python3-pip
python3 -m venv /autograder/venv
/autograder/venv/bin/pip install --no-cache-dir --constraint constraints.txt -e ".[ta]"
# The answers are not for the account that runs student code when there is no sandbox.
chmod -R go-rwx /autograder/source
