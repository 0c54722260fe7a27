// Package cloud refuses `pulumi api` and what else asks Pulumi Cloud the same way. The original (pulumi/pkg v3.259.0)
// reads Pulumi Cloud's OpenAPI document with a library that takes a quarter of the time in which the engine compiles.
package cloud

import (
	"context"
	"errors"

	"github.com/pulumi/pulumi/pkg/v3/backend/httpstate/client"
	"github.com/spf13/cobra"
)

var errNoCloud = errors.New("Pulumi Cloud's API: the sandbox's Pulumi is compiled without it, " +
	"fix: install Pulumi from https://www.pulumi.com/docs/install/")

// APIError is an error of `pulumi api`, of which there is none here.
type APIError struct {
	error
	ExitCode int
	Silent   bool
}

// ResolvedContext is how Pulumi Cloud is reached.
type ResolvedContext struct {
	Client   *client.Client
	CloudURL string
	OrgName  string
	LoggedIn bool
}

// ResolveContext refuses.
func ResolveContext(context.Context) (*ResolvedContext, error) { return nil, errNoCloud }

// NewAPICmd returns the command `pulumi api`, which refuses.
func NewAPICmd() *cobra.Command {
	return &cobra.Command{
		Use:                "api",
		Short:              "Call any Pulumi Cloud API endpoint (not in the sandbox's Pulumi)",
		DisableFlagParsing: true,
		RunE:               func(*cobra.Command, []string) error { return errNoCloud },
	}
}
