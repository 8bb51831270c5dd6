#!/usr/bin/env bash
# Runs once, as root, while Gradescope builds the image: Python, the grader and the sandbox.
set -euo pipefail
cd /autograder/source
export DEBIAN_FRONTEND=noninteractive
apt-get update
apt-get install -y --no-install-recommends bubblewrap python3 python3-venv python3-pip
python3 -m venv /autograder/venv
/autograder/venv/bin/pip install --no-cache-dir --constraint constraints.txt -e ".[ta]"
# Without a sandbox student code runs as the user nobody: it needs hwlib, the answers are not for it.
chmod -R go-rwx /autograder/source
chmod go+x /autograder/source
chmod -R go+rX /autograder/source/hwlib
