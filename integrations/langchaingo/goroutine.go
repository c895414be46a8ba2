package langchaingo

import (
	"bytes"
	"runtime"
	"strconv"
)

// goroutineID is the number that stack traces show. The callbacks give nothing
// else that tells two calls with the same context apart; numbers are not reused.
func goroutineID() uint64 {
	var buf [64]byte
	text := bytes.TrimPrefix(buf[:runtime.Stack(buf[:], false)], []byte("goroutine "))
	number, _, _ := bytes.Cut(text, []byte(" "))
	id, err := strconv.ParseUint(string(number), 10, 64)
	if err != nil {
		return 0
	}
	return id
}
