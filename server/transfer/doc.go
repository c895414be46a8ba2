// Package transfer moves whole projects: out of a store into a file of JSON
// lines and back, and picks model calls out of it as sets for fine-tuning and
// tests.
//
//	err := transfer.Export(ctx, store, "shop", file, transfer.ExportOptions{})
//	result, err := transfer.Import(ctx, store, "copy", file, transfer.ImportOptions{})
//
// docs/export.md describes the files. Package remote imports from another
// server by its public API, package filter is the language of --filter, package
// chatset makes conversations.
//
// # What comes back
//
// An import writes each row with a stamp made of its updatedAt, so that it can
// be repeated, and never overwrites what is newer. Everything a row has comes
// back but createdAt and updatedAt, which are those of the store that it comes
// into, and bookmarks, for which there is no write; [ImportResult] counts these.
package transfer
