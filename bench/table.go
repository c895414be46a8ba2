package main

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// table prints a heading and rows as Markdown.
func table(title string, columns []string, rows [][]string) {
	fmt.Printf("\n**%s**\n\n| %s |\n|%s\n", title, strings.Join(columns, " | "), strings.Repeat("---|", len(columns)))
	for _, r := range rows {
		fmt.Printf("| %s |\n", strings.Join(r, " | "))
	}
}

// heading prints the name of a section and what is to be known of its tables.
func heading(title, text string) { fmt.Printf("\n## %s\n\n%s\n", title, text) }

// median is the middle one, or the upper of two.
func median[T int64 | float64 | time.Duration](v []T) T {
	if len(v) == 0 {
		return 0
	}
	v = slices.Sorted(slices.Values(v))
	return v[len(v)/2]
}

// trimmed is the range without the lowest and the highest value, of five and more.
func trimmed(v []float64) (low, high float64) {
	v = slices.Sorted(slices.Values(v))
	if len(v) >= 5 {
		v = v[1 : len(v)-1]
	}
	return v[0], v[len(v)-1]
}

// ratio compares two subjects round by round: the median, and the trimmed range.
func ratio(of, to []float64) (middle float64, text string) {
	ratios := make([]float64, 0, len(of))
	for i := range of {
		if to[i] > 0 {
			ratios = append(ratios, of[i]/to[i])
		}
	}
	if len(ratios) == 0 {
		return 0, "–"
	}
	middle = median(ratios)
	low, high := trimmed(ratios)
	return middle, fmt.Sprintf("%.2f [%.2f–%.2f]", middle, low, high)
}

// spread is a median with its trimmed range.
func spread(v []float64) string {
	low, high := trimmed(v)
	return fmt.Sprintf("%.2f [%.2f–%.2f]", median(v), low, high)
}

func percent(part, whole int64) string {
	switch {
	case whole == 0:
		return "–"
	case part == whole:
		return "100 %"
	case part*1000 >= whole*999: // not to be rounded to all of it
		return fmt.Sprintf("%.4f %%", 100*float64(part)/float64(whole))
	}
	return fmt.Sprintf("%.1f %%", 100*float64(part)/float64(whole))
}

func megabytes(n int64) string { return fmt.Sprintf("%.0f", float64(n)/(1<<20)) }

// micros prints with three digits that say something.
func micros(d time.Duration) string {
	us := float64(d.Nanoseconds()) / 1e3
	switch {
	case us < 10:
		return fmt.Sprintf("%.2f", us)
	case us < 100:
		return fmt.Sprintf("%.1f", us)
	}
	return fmt.Sprintf("%.0f", us)
}
