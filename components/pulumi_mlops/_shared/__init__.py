"""What the components have in common: argument checks, names, labels, pod security, network rules."""
