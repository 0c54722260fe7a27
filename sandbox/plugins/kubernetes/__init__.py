"""The provider plugin `kubernetes`: Pulumi's resource provider protocol on one side, a cluster's API on the other."""

VERSION = "4.34.2"
"""The release of pulumi-kubernetes whose programs the plugin serves."""
