package webhook

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"time"
)

// SignatureHeader has when a delivery was signed, and its signature: t=…,v1=….
const SignatureHeader = "X-LangShark-Signature"

// NewSecret makes a secret of 256 random bits.
func NewSecret() string {
	var b [32]byte
	_, _ = rand.Read(b[:]) // it never fails
	return "whsec_" + hex.EncodeToString(b[:])
}

// Sign is the value of the header: HMAC-SHA256, by the secret, of the time in seconds, a period and the body.
func Sign(secret string, body []byte, at time.Time) string {
	mac := hmac.New(sha256.New, []byte(secret))
	fmt.Fprintf(mac, "%d.", at.Unix())
	mac.Write(body)
	return fmt.Sprintf("t=%d,v1=%s", at.Unix(), hex.EncodeToString(mac.Sum(nil)))
}
