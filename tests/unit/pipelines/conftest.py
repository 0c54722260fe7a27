import os

# Read when scikit-learn loads OpenMP: threads that wait sleep, as they do in a pipeline's own runs.
os.environ.setdefault("OMP_WAIT_POLICY", "passive")
