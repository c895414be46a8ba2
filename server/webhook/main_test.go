package webhook

import (
	"testing"

	"github.com/langshark/langshark-go/internal/testkit"
)

func TestMain(m *testing.M) { testkit.Main(m) }
