// In place of pulumi/pkg v3.259.0, operations/operations_aws.go: `pulumi logs` of resources in AWS asks CloudWatch, whose
// client alone is the fourth-largest package of the original engine.

package operations

import (
	"context"
	"errors"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/config"
)

var errNoCloudLogs = errors.New("pulumi logs: the sandbox's Pulumi is compiled without the clouds' log services, " +
	"fix: install Pulumi from https://www.pulumi.com/docs/install/")

// AWSOperationsProvider refuses.
func AWSOperationsProvider(context.Context, map[config.Key]string, *Resource) (Provider, error) {
	return nil, errNoCloudLogs
}
