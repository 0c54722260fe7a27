"""The pinned versions of everything that the sandbox builds.

The Go modules in `go/` say the same; a test holds the two together.
"""

KUBERNETES = "v1.36.2"
ETCD = "v3.6.8"
COREDNS = "v1.14.2"
METRICS_SERVER = "v0.9.0"
NETWORK_POLICIES = "v0.8.0"
PULUMI = "v3.259.0"

GO_MINIMUM = (1, 26, 4)
"""The newest `go` line of the modules; an older Go would fetch a toolchain first."""
