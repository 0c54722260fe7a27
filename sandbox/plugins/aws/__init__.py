"""The provider plugin `aws`: Pulumi's resource provider protocol on one side, a local stand-in for AWS on the other."""

PACKAGE = "aws"

VERSION = "7.51.1"
"""The release of pulumi-aws whose programs the plugin serves."""
