//go:build tools

// Package engine keeps the Pulumi command line in this module's requirements.
package engine

import _ "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi"
