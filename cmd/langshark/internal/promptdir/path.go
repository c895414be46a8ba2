package promptdir

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/url"
	"path"
	"strings"
	"unicode/utf8"
)

// maxSegmentBytes bounds the name of a file or folder: most systems take 255 bytes, with the extension and, where two
// names differ only in case, a number.
const maxSegmentBytes = 240

// PathOf is the file that a prompt of that name is written to: its folders are
// folders, and what a file's name can't have on every system is written as in URLs. What is too long
// for one is cut, and marked with a hash of all of it.
func PathOf(name string) string {
	parts := strings.Split(name, "/")
	for i, part := range parts {
		parts[i] = segment(part)
	}
	return path.Join(parts...) + extension
}

// segment is one part of a name as that of a file or folder.
func segment(s string) string {
	if s == "" {
		return "%"
	}
	var b strings.Builder
	for i, r := range s {
		last := i+len(string(r)) == len(s)
		if r < ' ' || strings.ContainsRune(`%\:*?"<>|`, r) || r == '.' && (i == 0 || last) || r == ' ' && (i == 0 || last) {
			b.WriteString(percent(r))
			continue
		}
		b.WriteRune(r)
	}
	if reserved(b.String()) {
		return "%" + b.String()
	}
	return shortened(b.String())
}

// shortened is a name of a file that no system finds too long.
func shortened(s string) string {
	if len(s) <= maxSegmentBytes {
		return s
	}
	sum := sha256.Sum256([]byte(s))
	mark := "~" + hex.EncodeToString(sum[:8])
	n := maxSegmentBytes - len(mark)
	for !utf8.RuneStart(s[n]) {
		n--
	}
	if i := strings.LastIndexByte(s[:n], '%'); i >= 0 && i > n-len("%XX") { // not within a sign that is written as in URLs
		n = i
	}
	return s[:n] + mark
}

func percent(r rune) string {
	if r == ' ' {
		return "%20"
	}
	if e := url.QueryEscape(string(r)); e != string(r) {
		return e
	}
	return fmt.Sprintf("%%%02X", r)
}

// reserved are names that Windows keeps for devices.
func reserved(s string) bool {
	base, _, _ := strings.Cut(strings.ToLower(s), ".")
	switch base {
	case "con", "prn", "aux", "nul":
		return true
	}
	return len(base) == 4 && (strings.HasPrefix(base, "com") || strings.HasPrefix(base, "lpt")) && base[3] >= '1' && base[3] <= '9'
}
