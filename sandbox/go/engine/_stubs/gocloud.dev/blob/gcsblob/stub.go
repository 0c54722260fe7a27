// Package gcsblob refuses gs://: the sandbox's engine is compiled without Google Cloud's libraries.
package gcsblob

import (
	"gocloud.dev/blob"
	"gocloud.dev/blob/s3blob"
)

// Scheme is the scheme of the URLs that are refused.
const Scheme = "gs"

// URLOpener refuses what it is to open.
type URLOpener = s3blob.URLOpener

func init() {
	blob.DefaultURLMux().RegisterBucket(Scheme, URLOpener{})
}
