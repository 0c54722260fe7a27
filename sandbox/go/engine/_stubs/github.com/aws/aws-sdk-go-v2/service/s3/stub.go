// Package s3 holds the one type of AWS' client that the engine's state in files names (pulumi/pkg v3.259.0,
// backend/diy/bucket.go, which mends it where the state is in S3).
package s3

// CopyObjectInput is never met: no bucket of S3 is opened.
type CopyObjectInput struct {
	CopySource *string
}
