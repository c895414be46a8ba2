// Package spool keeps records on disk while they can't be delivered: during an
// outage longer than the memory lasts, and from one process to the next.
//
//	disk, err := spool.New(spool.Config{Dir: "/var/lib/app/langshark"})
//
// # What is where
//
//	Dir/p1764…-4711-89abcdef.lock          locked while its process lives
//	Dir/p1764…-4711-89abcdef/              one process
//	    plain-00000001.seg                 spans and events
//	    higher-00000002.seg                generations, errors, traces, scores
//	    plain.pos, higher.pos              how far each is done with
//
// Segments are only ever appended to. A record is a frame with a length and a
// checksum; one that was cut off or damaged is skipped, and counted. The format
// is described in docs/spool.md byte by byte.
//
// # Several processes
//
// Each process writes to a folder of its own. What a process leaves, killed or
// not, the next one to open the same Dir adopts: it delivers those records
// before its own, folder by folder as they were made, and removes what is
// empty. Folders of living processes are not touched.
//
// # Bounds
//
// When MaxBytes is reached the oldest segment of plain spans is given up, then
// the oldest one of the higher classes, among which generations, traces and
// scores are equal. A batch of nothing but plain spans never makes higher
// classes go; it is refused with [exporter.ErrSpoolFull]. Segments with records
// that are being delivered are not given up.
//
// # What a crash loses
//
// Nothing that Append has returned for: under SyncBatch also not when the power
// fails. What was acknowledged may come again, under the same event id.
package spool
