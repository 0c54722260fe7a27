"""One stack: its platform, and each of its workloads."""

from pulumi_mlops import declare_stack

declare_stack()
