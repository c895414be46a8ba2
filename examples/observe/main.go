// Observe wraps plain functions: input, output, errors and panics of each call
// are recorded without a line inside them.
//
//	go run ./examples/observe
package main

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"log"
	"os"
	"strings"

	langshark "github.com/langshark/langshark-go"
	"github.com/langshark/langshark-go/exporter/console"
)

// The wrappers have the types of what they wrap. They look for the client when
// they are called, so that package variables are a good place for them.
var (
	search = langshark.Observe("search", searchDocs, langshark.WithKind(langshark.KindRetriever))
	refund = langshark.Observe("refund", refundOrder, langshark.WithKind(langshark.KindTool))
	stream = langshark.ObserveSeq("answer", words, langshark.WithKind(langshark.KindGeneration))

	// What must not be stored can be left out, or changed before it is recorded.
	login = langshark.ObserveErr("login", checkPassword, langshark.WithoutInput())
)

func searchDocs(_ context.Context, question string) ([]string, error) {
	return []string{"Refunds within 30 days", "Delivery takes two days"}, nil
}

func refundOrder(_ context.Context, order string) (string, error) {
	if !strings.HasPrefix(order, "A-") {
		return "", fmt.Errorf("no order %s", order)
	}
	return "R-1", nil
}

func words(_ context.Context, text string) iter.Seq[string] { return strings.SplitAfterSeq(text, " ") }

func checkPassword(_ context.Context, password string) error {
	if password != "correct horse" {
		return errors.New("wrong password")
	}
	return nil
}

func main() {
	client, err := langshark.New(langshark.Config{Exporter: console.New(os.Stdout)})
	if err != nil {
		log.Fatal(err)
	}
	langshark.SetDefault(client)

	// Do is for a piece of a function. What is called inside becomes its children.
	_, err = langshark.Do(context.Background(), "support", func(ctx context.Context) (string, error) {
		_ = login(ctx, "guess") // recorded as an error, and returned as it is
		if _, err := search(ctx, "How do refunds work?"); err != nil {
			return "", err
		}
		for word := range stream(ctx, "I have started your refund") {
			fmt.Print(word) // the observation ends with the loop
		}
		fmt.Println()
		return refund(ctx, "X-9") // fails
	})
	fmt.Println("error:", err)
	if err := client.Shutdown(context.Background()); err != nil {
		log.Fatal(err)
	}
}
