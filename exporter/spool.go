package exporter

// Spooled is a record on disk, or on its way there.
type Spooled struct {
	// Record is borrowed by Append; one that Next returned is valid until the following Next.
	Record Record
	Class  Class
	// Seq orders the records of this process; 0 stands for all that earlier processes left.
	Seq uint64
	// Again counts how often the record came back from a partly accepted batch.
	Again uint8
}

// Spool keeps records on disk while the sink fails or the memory is full.
// Package spool has the one for files. A [Pipeline] calls it from its own
// goroutine only, except for Stats, which may be called by any.
type Spool interface {
	// Open makes the process's folder, locks it and adopts what earlier processes
	// left. It is called again some time after an error.
	Open() (SpoolReport, error)
	// Append writes records in their order; they are durable when it returns, as far
	// as its sync policy has it. n is how many of the first were written, and err why
	// not all. evicted counts the older records that were given up to make room,
	// of the lowest class first; never those that the last Next returned.
	Append(records []Spooled) (n int, evicted int64, err error)
	// Next returns the oldest records, at most n and about maxBytes, that have not
	// been acknowledged: the same again until all of them are. None means that
	// nothing is left. damaged counts records that can't be read any more.
	Next(n int, maxBytes int64) (records []Spooled, damaged int64, err error)
	// Ack says that record i of the last Next is done with, delivered or dropped.
	Ack(i int)
	// FirstSeq is the Seq of the oldest record that has not been acknowledged, and
	// whether there is one. It reads no file.
	FirstSeq() (seq uint64, ok bool)
	// Stats may be called by any goroutine.
	Stats() SpoolStats
	// Close ends the spool. What it holds is left for the next process.
	Close() error
}

// SpoolReport is what a [Spool] found when it opened.
type SpoolReport struct {
	// Adopted counts the records, AdoptedFolders the processes that left them.
	Adopted        int64
	AdoptedFolders int
	// TornBytes were cut off the ends of files: what a process was writing when it was killed.
	TornBytes int64
	// Damaged counts records that can't be read.
	Damaged int64
	// Problems say what else is wrong, for people.
	Problems []string
}

// SpoolStats is what a [Spool] holds.
type SpoolStats struct {
	Records  int64
	Bytes    int64
	Segments int
}
