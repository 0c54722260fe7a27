// Package azureblob refuses azblob://: the sandbox's engine is compiled without Azure's libraries.
package azureblob

import (
	"context"
	"net/url"

	"gocloud.dev/blob"
	"gocloud.dev/blob/s3blob"
)

// Scheme is the scheme of the URLs that are refused.
const Scheme = "azblob"

// ServiceURLOptions stand for how Azure is reached.
type ServiceURLOptions struct{}

// URLOpener refuses what it is to open.
type URLOpener struct {
	MakeClient        func()
	ServiceURLOptions ServiceURLOptions
}

func init() {
	blob.DefaultURLMux().RegisterBucket(Scheme, URLOpener{})
}

// NewDefaultClient makes no client.
func NewDefaultClient() {}

// NewDefaultServiceURLOptions returns the empty options.
func NewDefaultServiceURLOptions() *ServiceURLOptions { return &ServiceURLOptions{} }

// OpenBucketURL refuses.
func (URLOpener) OpenBucketURL(_ context.Context, address *url.URL) (*blob.Bucket, error) {
	return nil, s3blob.Refusal(address)
}
