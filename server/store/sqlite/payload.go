package sqlite

import (
	"encoding/json"
	"fmt"
)

// How a payload is kept: its first byte.
const (
	payloadPlain = 0
	payloadZstd  = 1
)

// minCompress is the size below which compressing gains nothing.
const minCompress = 128

// pack makes the stored form of a payload.
func (s *Store) pack(raw json.RawMessage) json.RawMessage {
	if len(raw) == 0 {
		return nil
	}
	if len(raw) >= minCompress {
		b := make([]byte, 1, len(raw)/2+64)
		b[0] = payloadZstd
		if b = s.zip.EncodeAll(raw, b); len(b) <= len(raw) {
			return b
		}
	}
	return append([]byte{payloadPlain}, raw...)
}

// unpack is the reverse of pack.
func (s *Store) unpack(b []byte) (json.RawMessage, error) {
	if len(b) == 0 {
		return nil, nil
	}
	switch b[0] {
	case payloadPlain:
		return append(json.RawMessage(nil), b[1:]...), nil
	case payloadZstd:
		raw, err := s.unzip.DecodeAll(b[1:], nil)
		if err != nil {
			return nil, fmt.Errorf("langshark: payload: %w", err)
		}
		return raw, nil
	}
	return nil, fmt.Errorf("langshark: payload of unknown form %d", b[0])
}
