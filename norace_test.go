//go:build !race

package langshark_test

const raceEnabled = false
