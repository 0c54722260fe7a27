// In place of pulumi/pkg v3.259.0, operations/operations_gcp.go: `pulumi logs` of resources in Google Cloud.

package operations

import (
	"context"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/config"
)

// GCPOperationsProvider refuses.
func GCPOperationsProvider(context.Context, map[config.Key]string, *Resource) (Provider, error) {
	return nil, errNoCloudLogs
}
