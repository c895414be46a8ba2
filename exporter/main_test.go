package exporter_test

import (
	"os"
	"testing"

	"github.com/langshark/langshark-go/internal/testkit"
)

func TestMain(m *testing.M) {
	if dir := os.Getenv(killDir); dir != "" {
		recordUntilKilled(dir, os.Getenv(killDir+"_RUN"))
	}
	testkit.Main(m)
}
