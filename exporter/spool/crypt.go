package spool

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/binary"
)

// tagBytes is what encryption adds to a payload.
const tagBytes = 16

// keyID names a key without telling it.
type keyID [8]byte

func idOfKey(key []byte) (id keyID) {
	if len(key) > 0 {
		sum := sha256.Sum256(append([]byte("langshark spool key id\x00"), key...))
		copy(id[:], sum[:])
	}
	return id
}

// newAEAD returns the cipher of one segment. Each has its own key, so that the
// frame's number is enough of a nonce.
func newAEAD(key []byte, id segmentID) (cipher.AEAD, error) {
	derived, err := hkdf.Key(sha256.New, key, id[:], "langshark spool segment", keyBytes)
	if err != nil {
		return nil, err
	}
	block, err := aes.NewCipher(derived)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCM(block)
}

// crypter encrypts and decrypts frames of one segment without allocating.
type crypter struct {
	aead  cipher.AEAD
	nonce [12]byte
}

func (c *crypter) setNonce(number uint32) []byte {
	binary.LittleEndian.PutUint32(c.nonce[:], number)
	return c.nonce[:]
}

// seal encrypts the payload of a frame in place; the frame's last bytes are room for the tag.
func (c *crypter) seal(frame []byte, number uint32) {
	payload := frame[frameHead : len(frame)-tagBytes]
	c.aead.Seal(payload[:0], c.setNonce(number), payload, frame[frameMeta:frameHead])
}

// open decrypts a frame's payload to dst, which has room for it.
func (c *crypter) open(dst, frame []byte, number uint32) ([]byte, error) {
	return c.aead.Open(dst[:0], c.setNonce(number), frame[frameHead:], frame[frameMeta:frameHead])
}
