// Command tidy runs go mod tidy in every module of the checkout, with the
// siblings taken from a proxy of files. With -check it changes nothing and
// fails where something would change.
package main

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"

	"github.com/langshark/langshark-go/tools/internal/checkout"
)

func main() {
	root := flag.String("root", ".", "the checkout")
	check := flag.Bool("check", false, "change nothing, fail where something would change")
	flag.Parse()
	if err := run(context.Background(), *root, *check); err != nil {
		fmt.Fprintln(os.Stderr, "tidy:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, root string, check bool) error {
	tmp, err := os.MkdirTemp("", "tidy")
	if err != nil {
		return err
	}
	defer os.RemoveAll(tmp) //nolint:errcheck // a temporary folder
	proxy, cache := filepath.Join(tmp, "proxy"), filepath.Join(tmp, "cache")
	modules, err := checkout.Proxy(ctx, root, proxy)
	if err != nil {
		return err
	}
	env, err := checkout.Env(ctx, proxy, cache)
	if err != nil {
		return err
	}
	for _, m := range modules {
		if err := tidy(ctx, filepath.Join(root, m.Dir), tmp, env, check); err != nil {
			return fmt.Errorf("%s: %w", m.Path, err)
		}
	}
	return nil
}

func tidy(ctx context.Context, dir, tmp string, env []string, check bool) error {
	names := [2]string{"go.mod", "go.sum"}
	copies := [2]string{filepath.Join(tmp, "copy.mod"), filepath.Join(tmp, "copy.sum")}
	var before [2][]byte
	for i := range names {
		text, err := os.ReadFile(filepath.Join(dir, names[i]))
		if err != nil && !os.IsNotExist(err) {
			return err
		}
		before[i] = text
		if err := os.WriteFile(copies[i], text, 0o600); err != nil {
			return err
		}
	}
	cmd := exec.CommandContext(ctx, "go", "mod", "tidy", "-modfile="+copies[0])
	cmd.Dir, cmd.Env = dir, env
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("go mod tidy: %w\n%s", err, out)
	}
	for i := range names {
		after, err := os.ReadFile(copies[i])
		if err != nil {
			return err
		}
		if i == 1 {
			after = checkout.WithoutSiblings(after)
		}
		switch {
		case bytes.Equal(before[i], after):
		case check:
			return fmt.Errorf("%s is not tidy: run make tidy", names[i])
		default:
			if err := os.WriteFile(filepath.Join(dir, names[i]), after, 0o600); err != nil {
				return err
			}
		}
	}
	return nil
}
