// Package s3blob refuses s3://: the sandbox's engine is compiled without AWS's libraries.
package s3blob

import (
	"context"
	"fmt"
	"net/url"

	"gocloud.dev/blob"
)

// Scheme is the scheme of the URLs that are refused.
const Scheme = "s3"

// URLOpener refuses what it is to open.
type URLOpener struct{}

func init() {
	blob.DefaultURLMux().RegisterBucket(Scheme, URLOpener{})
}

// OpenBucketURL refuses.
func (URLOpener) OpenBucketURL(_ context.Context, address *url.URL) (*blob.Bucket, error) {
	return nil, Refusal(address)
}

// Refusal says what may be opened instead.
func Refusal(address *url.URL) error {
	return fmt.Errorf("scheme: got %s, expected file: the sandbox's Pulumi is compiled without the clouds' object "+
		"stores, fix: install Pulumi from https://www.pulumi.com/docs/install/", address.Scheme)
}
