"""Container images of workloads: what goes into one, by which program it is built, and the record of what was built."""
