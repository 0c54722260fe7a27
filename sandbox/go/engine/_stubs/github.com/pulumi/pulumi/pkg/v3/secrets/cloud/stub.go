// Package cloud refuses the secrets providers that are key services: the sandbox's engine is compiled without the
// libraries of AWS, Azure, Google Cloud and Vault. The original is pulumi/pkg v3.259.0, secrets/cloud/manager.go.
package cloud

import (
	"encoding/json"
	"fmt"

	"github.com/pulumi/pulumi/pkg/v3/secrets"
	"github.com/pulumi/pulumi/sdk/v3/go/common/workspace"
)

// Type is the type of secrets managed by such a provider, as states name it.
const Type = "cloud"

// NewCloudSecretsManager refuses.
func NewCloudSecretsManager(_ *workspace.ProjectStack, provider string, _ bool) (secrets.Manager, error) {
	return nil, refusal(provider)
}

// NewCloudSecretsManagerFromState refuses.
func NewCloudSecretsManagerFromState(state json.RawMessage) (secrets.Manager, error) {
	var provider struct {
		URL string `json:"url"`
	}
	if err := json.Unmarshal(state, &provider); err != nil {
		return nil, fmt.Errorf("unmarshalling state: %w", err)
	}
	return nil, refusal(provider.URL)
}

// EditProjectStack refuses.
func EditProjectStack(*workspace.ProjectStack, json.RawMessage) error {
	return refusal(Type)
}

func refusal(provider string) error {
	return fmt.Errorf("secrets provider: got %q, expected passphrase: the sandbox's Pulumi is compiled without key "+
		"services, fix: install Pulumi from https://www.pulumi.com/docs/install/", provider)
}
