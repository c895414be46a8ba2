//go:build unix

package main

import (
	"bytes"
	"os"
	"runtime"
	"strconv"
	"syscall"
	"time"
)

// cpuTime is what this process has used so far, in all threads, user and system.
func cpuTime() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// peakRSS is the most memory that this process has had resident. getrusage's
// figure begins with that of the parent, so Linux is asked otherwise.
func peakRSS() int64 {
	if n, ok := status("VmHWM:"); ok {
		return n
	}
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	if runtime.GOOS == "darwin" {
		return u.Maxrss
	}
	return u.Maxrss << 10
}

// nowRSS is what is resident now, or the peak where that isn't known.
func nowRSS() int64 {
	if n, ok := status("VmRSS:"); ok {
		return n
	}
	return peakRSS()
}

// status reads a line in kB of Linux's /proc/self/status.
func status(name string) (int64, bool) {
	text, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0, false
	}
	_, rest, found := bytes.Cut(text, []byte(name))
	if fields := bytes.Fields(rest); found && len(fields) > 0 {
		n, err := strconv.ParseInt(string(fields[0]), 10, 64)
		return n << 10, err == nil
	}
	return 0, false
}
