package main

import (
	"bytes"
	"maps"
	"slices"
	"testing"
)

const ui = "../../server/ui"

func TestCommittedAssetsAreCurrent(t *testing.T) {
	if err := run(ui, true); err != nil {
		t.Error(err)
	}
}

func TestBuildIsReproducible(t *testing.T) {
	first, err := build(ui + "/web")
	if err != nil {
		t.Fatal(err)
	}
	second, err := build(ui + "/web")
	if err != nil {
		t.Fatal(err)
	}
	if !maps.EqualFunc(first, second, bytes.Equal) {
		t.Errorf("two builds differ: %v and %v", slices.Sorted(maps.Keys(first)), slices.Sorted(maps.Keys(second)))
	}
}

func TestLeftoversAreSeen(t *testing.T) {
	files, err := build(ui + "/web")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := write(dir, files); err != nil {
		t.Fatal(err)
	}
	if err := compare(dir, files); err != nil {
		t.Error(err)
	}
	delete(files, "manifest.json")
	if compare(dir, files) == nil {
		t.Error("a file that no source gives goes unnoticed")
	}
}
