#!/bin/sh
# Makes /opt/venv from a requirements file: what its hashes say and nothing else, without pip, tests or headers.
set -eu
requirements=$1
packages=$(python3 -c 'import sys; print("/opt/venv/lib/python%d.%d/site-packages" % sys.version_info[:2])')

python3 -m venv --without-pip /opt/venv
pip --python /opt/venv/bin/python install --no-compile --no-deps --require-hashes --progress-bar off \
    --requirement "$requirements"

find "$packages" -type d \( -name tests -o -path '*/onnx/backend/test' -o -path '*/numpy/_core/include' \) \
    -prune -exec rm -rf {} +
find "$packages" -type f \( -name '*.pyx' -o -name '*.pxd' -o -name '*.pyi' \) -delete

# A pod's root file system is read-only: without bytecode in the image every start would compile everything again.
/opt/venv/bin/python -m compileall -q -j 0 --invalidation-mode unchecked-hash "$packages"
