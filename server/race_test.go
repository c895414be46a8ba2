//go:build race

package server_test

// raceEnabled says that times and memory are not those of a program.
const raceEnabled = true
