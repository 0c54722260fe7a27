package networkpolicy

import (
	"context"
	"errors"
)

// nriPlugin stands in for the one of v0.8.0, which asks containerd for pods' addresses before the API server has them.
// Debian's containerd 1.6 has no NRI, and its library brings a WebAssembly runtime: 39 packages to compile for nothing.
// To be used with Config.NRIdisabled.
type nriPlugin struct {
	stub interface{ Run(context.Context) error }
}

// NewNriPlugin says that there is none.
func NewNriPlugin() (*nriPlugin, error) {
	return nil, errors.New("built without NRI")
}

// GetPodFromIP knows no pod; it is also called where there is no plugin.
func (*nriPlugin) GetPodFromIP(string) string {
	return ""
}
