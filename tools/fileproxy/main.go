// Command fileproxy makes a module proxy of files from the checkout, so that
// its modules can be used by version before they are tagged.
//
//	fileproxy -root .. -out DIR
package main

import (
	"context"
	"flag"
	"fmt"
	"os"

	"github.com/langshark/langshark-go/tools/internal/checkout"
)

func main() {
	root := flag.String("root", ".", "the checkout")
	out := flag.String("out", "", "the folder to write to")
	flag.Parse()
	if *out == "" {
		fmt.Fprintln(os.Stderr, "fileproxy: -out is missing")
		os.Exit(2)
	}
	if _, err := checkout.Proxy(context.Background(), *root, *out); err != nil {
		fmt.Fprintln(os.Stderr, "fileproxy:", err)
		os.Exit(1)
	}
}
