//go:build tools

// Package node keeps the programs that are built as they are in this module's requirements.
package node

import _ "sigs.k8s.io/metrics-server/cmd/metrics-server"
