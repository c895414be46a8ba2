package exporter

import "errors"

// Errors of [Spool.Append] that are about the spool's own limit, not about the disk.
var (
	// ErrSpoolFull: the limit is reached, and all that could make room is of a higher class
	// than the records given, or is being delivered. It passes when records are acknowledged.
	ErrSpoolFull = errors.New("the spool is full")
	// ErrSpoolTooLarge: the first record not written can never be, because it is larger than
	// the spool may become. Those after it can.
	ErrSpoolTooLarge = errors.New("the record is larger than the spool's limit")
)

// Spooled is a record on disk, or on its way there.
type Spooled struct {
	// Record, of those that [Spool.Next] returned, is valid until Next returns other records.
	Record Record
	Class  Class
	// Seq orders records within the process; 0 is older than all of this process: adopted,
	// which makes the Record an Orphan.
	Seq uint64
	// Again is how often it came back from a partly accepted batch.
	Again uint8
}

// Spool keeps records on disk while they can't be delivered. Package spool has
// the one there is. A [Pipeline] calls it from one goroutine at a time; only
// Stats may be called from any.
type Spool interface {
	// Open makes the process's folder, locks it and adopts those that processes which are
	// gone have left. It returns what was found. After an error it can be called again; when
	// it is open already, it does nothing.
	Open() (SpoolReport, error)
	// Append writes records in their order; they are durable when it returns as far as the
	// sync policy has it. Seqs should ascend within a class. Nothing of the records is kept.
	//
	// n is how many of the first were written, and err says why not all: ErrSpoolFull,
	// ErrSpoolTooLarge, or what the disk said; a later call may succeed again. evicted
	// counts older records that were given up to make room, lowest class first.
	Append(records []Spooled) (n int, evicted int64, err error)
	// Next returns the oldest records that have not been acknowledged, at most n and about
	// maxBytes, at least one if there is one; none means that nothing is left. Until all of
	// them are acknowledged it returns those again that are not, without adding others, and
	// with what the caller changed in them. damaged counts records that were there and can't
	// be read any more; it is not counted twice.
	Next(n int, maxBytes int64) (records []Spooled, damaged int64, err error)
	// Ack says that record i of the last Next is done with: delivered or dropped. After a
	// crash it may come again, with the same EventID.
	Ack(i int)
	// FirstSeq returns the lowest Seq of the records kept, and whether there are any. It
	// touches no file.
	FirstSeq() (seq uint64, ok bool)
	// Stats returns counts; any goroutine may call it at any time.
	Stats() SpoolStats
	// Close syncs and unlocks what is left for the next process and removes folders that are
	// empty. What Next returned is not valid any more. Later calls do nothing.
	Close() error
}

// SpoolReport is what [Spool.Open] found.
type SpoolReport struct {
	// Adopted counts the records that earlier processes left, AdoptedFolders their folders.
	Adopted        int64
	AdoptedFolders int
	// TornBytes is what was cut off where a process or the power had died while writing.
	TornBytes int64
	// Damaged counts records that were there and can't be read any more.
	Damaged int64
	// Problems are texts for OnError.
	Problems []string
}

// SpoolStats counts what a [Spool] holds.
type SpoolStats struct {
	// Records counts those that have not been acknowledged.
	Records int64
	// Bytes is the size of the files they are in.
	Bytes    int64
	Segments int
}
