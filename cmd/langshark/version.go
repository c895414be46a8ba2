package main

import (
	"fmt"
	"runtime"

	"github.com/langshark/langshark-go/server"
	"github.com/langshark/langshark-go/server/api"
)

type versionCommand struct{}

// Run prints the version.
func (versionCommand) Run(term terminal) error {
	_, err := fmt.Fprintln(term.stdout, version())
	return err
}

func version() string {
	return fmt.Sprintf("langshark %s (API %s, %s, %s/%s)", server.Version, api.Level, runtime.Version(), runtime.GOOS, runtime.GOARCH)
}
