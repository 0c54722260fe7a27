"""What runs the dynamic resources of programs: `pulumi.dynamic`, with the program's own Python.

The engine starts it from beside `pulumi`, in the program's folder, and names the project's runtime options in the
environment. Pulumi's distribution has a script of the same name that does the same; this one ends with its engine, even
one that was killed.
"""

NAME = "pulumi-resource-pulumi-python"

LAUNCHER = """\
#!/bin/sh
# Runs until the engine is gone, which says nothing when it is killed.
code='
import os, runpy, threading, time

def end_with(engine):
    while os.getppid() == engine:
        time.sleep(0.5)
    os._exit(1)

threading.Thread(target=end_with, args=(os.getppid(),), daemon=True).start()
runpy.run_module("pulumi.dynamic", run_name="__main__", alter_sys=True)
'
# The project's virtual environment, as Pulumi.yaml names it: relative to that file, which may stand further up.
virtualenv=${PULUMI_RUNTIME_VIRTUALENV:-}
if [ -z "$virtualenv" ] && [ "${PULUMI_RUNTIME_TOOLCHAIN:-}" = uv ]; then
    virtualenv=.venv
fi
if [ -z "$virtualenv" ]; then
    exec "${PULUMI_PYTHON_CMD:-python3}" -u -c "$code" "$@"
fi
folder=$PWD
case $virtualenv in
/*) ;;
*)
    while [ ! -f "$folder/$virtualenv/bin/python" ] && [ "$folder" != / ]; do
        folder=$(dirname "$folder")
    done
    virtualenv=$folder/$virtualenv
    ;;
esac
if [ ! -f "$virtualenv/bin/python" ]; then
    echo "runtime.options in Pulumi.yaml: got the virtual environment ${PULUMI_RUNTIME_VIRTUALENV:-.venv}," \\
        "which is neither in $PWD nor above it; create it with uv sync" >&2
    exit 1
fi
unset PYTHONHOME
VIRTUAL_ENV=$virtualenv
PATH=$virtualenv/bin:$PATH
export PATH VIRTUAL_ENV
exec "$virtualenv/bin/python" -u -c "$code" "$@"
"""
