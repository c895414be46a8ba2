package langchaingo_test

import (
	"context"
	"fmt"
	"os"

	"github.com/tmc/langchaingo/chains"
	"github.com/tmc/langchaingo/llms/openai"
	"github.com/tmc/langchaingo/prompts"

	langshark "github.com/langshark/langshark-go"
	"github.com/langshark/langshark-go/exporter/memory"
	lslangchaingo "github.com/langshark/langshark-go/integrations/langchaingo"
	"github.com/langshark/langshark-go/langsharktest/fakellm"
)

func Example() {
	provider := fakellm.New(fakellm.WithReplies(fakellm.Reply{Text: "Oslo."}))
	if err := provider.Start(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return
	}
	defer provider.Close()
	records := memory.New()
	recorder, err := langshark.New(langshark.Config{Exporter: records})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return
	}
	ctx := langshark.ContextWithClient(context.Background(), recorder)

	llm, err := openai.New(openai.WithToken("a key"), openai.WithModel("gpt-4o-mini"), openai.WithBaseURL(provider.BaseURL()))
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return
	}
	model := lslangchaingo.WrapModel(llm)
	prompt := prompts.NewPromptTemplate("What is the capital of {{.country}}?", []string{"country"})
	chain := lslangchaingo.WrapChain(chains.NewLLMChain(model, prompt))
	answer, err := chains.Run(ctx, chain, "Norway")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return
	}
	if err := recorder.Shutdown(ctx); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return
	}
	fmt.Println(answer)
	for _, o := range records.Observations() {
		fmt.Println(o.Kind, o.Name)
	}
	// Output:
	// Oslo.
	// generation chat gpt-4o-mini
	// chain LLMChain
}
