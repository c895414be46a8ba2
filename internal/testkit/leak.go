// Package testkit is what the tests of all modules share.
package testkit

import (
	"fmt"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"
)

// Main runs the tests of a package and fails if goroutines of this project are
// left afterwards.
func Main(m *testing.M) {
	code := m.Run()
	if code == 0 {
		if left := leaked(time.Minute); left != "" {
			fmt.Fprintf(os.Stderr, "goroutines left after the tests:\n%s\n", left)
			code = 1
		}
	}
	os.Exit(code)
}

// leaked waits for this project's goroutines to end and returns the stacks of those that don't.
func leaked(patience time.Duration) string {
	deadline := time.Now().Add(patience)
	for {
		left := projectGoroutines()
		if left == "" || time.Now().After(deadline) {
			return left
		}
		runtime.Gosched()
		<-time.After(5 * time.Millisecond)
	}
}

func projectGoroutines() string {
	buf := make([]byte, 1<<20)
	buf = buf[:runtime.Stack(buf, true)]
	var left []string
	for i, stack := range strings.Split(string(buf), "\n\n") {
		switch {
		case i == 0: // this goroutine
		case strings.Contains(stack, "github.com/langshark/"), strings.Contains(stack, "net/http.(*persistConn)"):
			left = append(left, stack)
		}
	}
	return strings.Join(left, "\n\n")
}
