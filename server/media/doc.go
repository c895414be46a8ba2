// Package media keeps the contents of the files that payloads refer to: images,
// sounds, documents. A content is a file under its SHA-256 beside the database, once
// however many projects and payloads have it; what is known of it is in the catalog.
//
// Contents come and go by signed addresses, which hold for an hour. Whoever has one
// may do that one thing, and nobody else may. A project gets at a content only once
// it has sent it itself, so that a hash alone opens nothing.
package media
