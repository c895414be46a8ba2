package sqlite

import (
	"context"
	"database/sql"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"runtime"
	"sync"

	"github.com/klauspost/compress/zstd"
)

// maxDecoded bounds what a block may come to, whatever it claims.
const maxDecoded = maxPayloadBytes + maxBlockBytes

// maxCodecs bounds the projects that use a dictionary at once: each takes some MiB.
const maxCodecs = 32

// codecs compress and decompress the payloads of all projects.
type codecs struct {
	plain *zstd.Encoder
	// load reads a dictionary that another process has made.
	load func(id uint32) ([]byte, error)

	mu       sync.RWMutex
	decoder  *zstd.Decoder // knows all dictionaries
	known    [][]byte      // them
	ids      map[uint32]bool
	trained  map[int64]*codec
	fallback *codec
}

// codec compresses the payloads of one project.
type codec struct {
	encoder *zstd.Encoder
	// dictionary is the number of the trained dictionary, 0 without.
	dictionary uint32
}

func newCodecs() (*codecs, error) {
	plain, err := newEncoder()
	if err != nil {
		return nil, err
	}
	c := &codecs{plain: plain, ids: map[uint32]bool{}, trained: map[int64]*codec{}, fallback: &codec{encoder: plain}}
	return c, c.learn(0, nil)
}

func newEncoder(options ...zstd.EOption) (*zstd.Encoder, error) {
	return zstd.NewWriter(nil, append([]zstd.EOption{
		zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithEncoderConcurrency(runtime.GOMAXPROCS(0)),
		zstd.WithWindowSize(256 << 10), zstd.WithLowerEncoderMem(true),
	}, options...)...)
}

// learn makes the decoder know a further dictionary.
func (c *codecs) learn(id uint32, dictionary []byte) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.ids[id] {
		return nil
	}
	if dictionary != nil {
		c.known = append(c.known, dictionary)
		c.ids[id] = true
	}
	decoder, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(0), zstd.WithDecoderMaxMemory(maxDecoded),
		zstd.WithDecoderDicts(c.known...), zstd.WithDecoderLowmem(true))
	if err != nil {
		return err
	}
	c.decoder = decoder // the one before may be in use, and is left to the garbage collector: it runs nothing
	return nil
}

// use makes new payloads of a project use a dictionary, which has been learnt.
func (c *codecs) use(project int64, id uint32, dictionary []byte) error {
	encoder, err := newEncoder(zstd.WithEncoderDict(dictionary))
	if err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.trained) >= maxCodecs {
		for other := range c.trained { // it goes on without
			delete(c.trained, other)
			break
		}
	}
	c.trained[project] = &codec{encoder, id}
	return nil
}

// of is the codec of a project.
func (c *codecs) of(project int64) *codec {
	c.mu.RLock()
	defer c.mu.RUnlock()
	if t := c.trained[project]; t != nil {
		return t
	}
	return c.fallback
}

// compress makes form and bytes.
func (c *codec) compress(raw []byte) []byte {
	if len(raw) >= minCompress {
		b := make([]byte, 0, len(raw)/2+64)
		if c.dictionary == 0 {
			b = append(b, formZstd)
		} else {
			b = binary.AppendUvarint(append(b, formDictionary), uint64(c.dictionary))
		}
		if b = c.encoder.EncodeAll(raw, b); len(b) <= len(raw) {
			return b
		}
	}
	return append([]byte{formPlain}, raw...)
}

// need sees to it that the decoder knows a dictionary.
func (c *codecs) need(id uint32) error {
	c.mu.RLock()
	known := c.ids[id]
	c.mu.RUnlock()
	if known || c.load == nil {
		return nil
	}
	dictionary, err := c.load(id)
	if err != nil {
		return fmt.Errorf("%w: dictionary %d: %w", errBlock, id, err)
	}
	return c.learn(id, dictionary)
}

// decompress is the reverse.
func (c *codecs) decompress(form []byte) ([]byte, error) {
	if len(form) == 0 {
		return nil, errBlock
	}
	body := form[1:]
	switch form[0] {
	case formPlain:
		return append([]byte(nil), body...), nil
	case formDictionary:
		id, n := binary.Uvarint(body)
		if n <= 0 || id > math.MaxUint32 {
			return nil, errBlock
		}
		body = body[n:]
		if err := c.need(uint32(id)); err != nil {
			return nil, err
		}
	case formZstd:
	default:
		return nil, fmt.Errorf("%w: form %d", errBlock, form[0])
	}
	c.mu.RLock()
	decoder := c.decoder
	c.mu.RUnlock()
	raw, err := decoder.DecodeAll(body, nil)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errBlock, err)
	}
	return raw, nil
}

func (s *Store) loadDictionaries(d *db) error {
	return d.rows("SELECT id, project, data FROM dictionaries ORDER BY id", nil, func(r driverRow) error {
		var id, project int64
		var data []byte
		if err := r.Scan(&id, &project, &data); err != nil {
			return err
		}
		if err := s.codecs.learn(uint32(id), data); err != nil { //nolint:gosec // written from one
			return err
		}
		return s.codecs.use(project, uint32(id), data) //nolint:gosec // written from one
	})
}

// loadDictionary reads a dictionary that another process has made since.
func (s *Store) loadDictionary(id uint32) (data []byte, err error) {
	// A connection of its own: those of the readers may all be waiting for this.
	own, err := sql.Open("sqlite", s.readURL())
	if err != nil {
		return nil, err
	}
	err = own.QueryRowContext(context.Background(), "SELECT data FROM dictionaries WHERE id = ?", int64(id)).Scan(&data)
	return data, errors.Join(err, own.Close())
}
