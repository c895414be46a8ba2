package testkit

import (
	"testing"
	"time"
)

func TestLeakIsSeen(t *testing.T) {
	stop := make(chan struct{})
	started := make(chan struct{})
	go func() { close(started); <-stop }()
	<-started
	if leaked(time.Millisecond) == "" {
		t.Error("a goroutine of this package was not seen")
	}
	close(stop)
	if left := leaked(time.Minute); left != "" {
		t.Errorf("still there: %s", left)
	}
}

func TestArchiveRoundTrip(t *testing.T) {
	text := "what it guards\n-- a.json --\n{}\n-- b --\nx\ny\n"
	a := ParseArchive(text)
	if len(a.Files) != 2 || a.Files[1].Data != "x\ny\n" || a.Comment != "what it guards\n" {
		t.Fatalf("%+v", a)
	}
	if a.String() != text {
		t.Errorf("written as %q", a.String())
	}
}
