package spool

import (
	"cmp"
	"fmt"
	"slices"
	"time"
)

// Defaults of [Config].
const (
	DefaultMaxBytes     = 1 << 30
	DefaultSegmentBytes = 8 << 20
)

const (
	minMaxBytes     = 64 << 10
	minSegmentBytes = 4 << 10
	keyBytes        = 32
)

// SyncPolicy says when records are made safe from a loss of power.
// A process that is killed loses nothing under either.
type SyncPolicy uint8

const (
	// SyncBatch syncs before Append returns.
	SyncBatch SyncPolicy = iota
	// SyncNone leaves that to the system, which takes some 30 seconds, and to Close.
	SyncNone
)

// Config says where and how a [Spool] keeps records.
type Config struct {
	// Dir is a folder on a local disk, made if it isn't there. Several processes may share
	// one: each has its own folder below it. Required.
	Dir string
	// MaxBytes bounds the files of this process and those it adopted. Beyond it, the oldest
	// segment of plain spans is given up, then the oldest of the higher classes.
	// Defaults to 1 GiB; at least 64 KiB.
	MaxBytes int64
	// SegmentBytes is the size at which a new file is begun, and so how much is given up at
	// once. Defaults to 8 MiB or an eighth of MaxBytes if that is less; from 4 KiB to a
	// quarter of MaxBytes.
	SegmentBytes int64
	// Sync defaults to SyncBatch.
	Sync SyncPolicy
	// Key, if set, encrypts records with AES-256-GCM: 32 random bytes. Files of another key
	// can't be read; they are kept and reported.
	Key []byte

	fs  fileSystem
	now func() time.Time
}

func (c Config) withDefaults() (Config, error) {
	if c.Dir == "" {
		return c, fmt.Errorf("langshark: spool: Config.Dir is empty: set it to a folder on a local disk")
	}
	if c.MaxBytes = cmp.Or(c.MaxBytes, DefaultMaxBytes); c.MaxBytes < minMaxBytes {
		return c, fmt.Errorf("langshark: spool: Config.MaxBytes is %d: give at least %d, or 0 for %d", c.MaxBytes, minMaxBytes, DefaultMaxBytes)
	}
	c.SegmentBytes = cmp.Or(c.SegmentBytes, min(DefaultSegmentBytes, c.MaxBytes/8))
	if c.SegmentBytes < minSegmentBytes || c.SegmentBytes > c.MaxBytes/4 {
		return c, fmt.Errorf("langshark: spool: Config.SegmentBytes is %d: give %d to %d (a quarter of MaxBytes), or 0 for a fitting size",
			c.SegmentBytes, minSegmentBytes, c.MaxBytes/4)
	}
	if c.Sync > SyncNone {
		return c, fmt.Errorf("langshark: spool: Config.Sync is %d: give SyncBatch or SyncNone", c.Sync)
	}
	if len(c.Key) != 0 && len(c.Key) != keyBytes {
		return c, fmt.Errorf("langshark: spool: Config.Key has %d bytes: give %d random ones, or none to leave records unencrypted", len(c.Key), keyBytes)
	}
	c.Key = slices.Clone(c.Key)
	if c.fs == nil {
		c.fs = osFS{}
	}
	if c.now == nil {
		c.now = time.Now
	}
	return c, nil
}
