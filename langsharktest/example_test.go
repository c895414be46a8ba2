package langsharktest_test

import (
	"context"
	"fmt"
	"testing"

	langshark "github.com/langshark/langshark-go"
	"github.com/langshark/langshark-go/langsharktest"
)

// Answer is the application's.
func Answer(ctx context.Context, question string) string {
	ctx, trace := langshark.StartTrace(ctx, "support", langshark.WithUser("minji"))
	defer trace.End()
	trace.SetInput(question)

	_, generation := langshark.StartGeneration(ctx, "answer", langshark.WithModel("gpt-4o"))
	generation.SetInput([]langshark.Message{{Role: "system", Content: "You are kind."}, {Role: "user", Content: question}})
	generation.SetOutput("It arrives tomorrow.")
	generation.SetUsage(langshark.Usage{InputTokens: 412, OutputTokens: 6, CachedInputTokens: 256})
	generation.End()

	trace.SetOutput("It arrives tomorrow.")
	return "It arrives tomorrow."
}

func TestAnswer(t *testing.T) {
	rec := langsharktest.NewRecorder(t)
	Answer(rec.Context(), "Where is my parcel?")
	langsharktest.RequireTree(t, rec, "testdata/answer.tree")
}

func TestAnswerUsesTheCheapModel(t *testing.T) {
	rec := langsharktest.NewRecorder(t)
	Answer(rec.Context(), "Where is my parcel?")
	generation := rec.RequireObservation("answer")
	if generation.Generation.Model != "gpt-4o" || generation.Generation.Usage.OutputTokens > 100 {
		t.Errorf("recorded:\n%s", rec.FullTree())
	}
}

func ExampleRequireTree() {
	run(func(tb testing.TB) { // a test, which has a *testing.T
		tb.Helper()
		rec := langsharktest.NewRecorder(tb)
		Answer(rec.Context(), "Where is my parcel?")
		langsharktest.RequireTree(tb, rec, "testdata/answer.tree") // LANGSHARK_UPDATE=1 go test writes it

		fmt.Print(rec.FullTree()) // what the file has
	})
	// Output:
	// trace support
	//   user: minji
	// - span support
	//     input: "Where is my parcel?"
	//     output: "It arrives tomorrow."
	//   - generation answer
	//       model: gpt-4o
	//       input: [
	//         {"content": "You are kind.", "role": "system"},
	//         {"content": "Where is my parcel?", "role": "user"},
	//       ]
	//       output: "It arrives tomorrow."
	//       usage: input 412, output 6, total 418, cached input 256
}

// run runs a test within an example.
func run(test func(testing.TB)) {
	t := &exampleTB{}
	test(t)
	for _, f := range t.cleanups {
		f()
	}
}

type exampleTB struct {
	testing.TB
	cleanups []func()
}

func (t *exampleTB) Helper()                           {}
func (t *exampleTB) Name() string                      { return "Example" }
func (t *exampleTB) Context() context.Context          { return context.Background() }
func (t *exampleTB) Cleanup(f func())                  { t.cleanups = append(t.cleanups, f) }
func (t *exampleTB) Logf(string, ...any)               {}
func (t *exampleTB) Errorf(format string, args ...any) { fmt.Printf(format+"\n", args...) }
func (t *exampleTB) Fatalf(format string, args ...any) { panic(fmt.Sprintf(format, args...)) }
