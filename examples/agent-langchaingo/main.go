// Agent-langchaingo runs an agent of tmc/langchaingo with two tools: the trace has
// each plan with the generation behind it, each tool with the generation that
// asked for it, and the agent's steps.
//
//	go run ./examples/agent-langchaingo
//
// It talks to a fake provider in the same process.
package main

import (
	"context"
	"fmt"
	"log"
	"os"

	"github.com/tmc/langchaingo/agents"
	"github.com/tmc/langchaingo/chains"
	"github.com/tmc/langchaingo/llms/openai"
	"github.com/tmc/langchaingo/tools"

	langshark "github.com/langshark/langshark-go"
	"github.com/langshark/langshark-go/exporter/console"
	lslangchaingo "github.com/langshark/langshark-go/integrations/langchaingo"
	"github.com/langshark/langshark-go/langsharktest/fakellm"
)

func main() {
	if err := run(context.Background()); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context) error {
	recorder, err := langshark.New(langshark.Config{Exporter: console.New(os.Stdout)})
	if err != nil {
		return err
	}
	langshark.SetDefault(recorder)
	provider := fakellm.New(fakellm.WithReplies(
		fakellm.Reply{ToolCalls: []fakellm.ToolCall{{Name: "order_price", Arguments: `{"__arg1":"A-1042"}`}, {Name: "order_price", Arguments: `{"__arg1":"A-1043"}`}}},
		fakellm.Reply{ToolCalls: []fakellm.ToolCall{{Name: "calculator", Arguments: `{"__arg1":"18000 + 24000"}`}}},
		fakellm.Reply{Text: "Both orders cost 42,000 won together."},
	))
	if err := provider.Start(); err != nil {
		return err
	}
	defer provider.Close()
	llm, err := openai.New(openai.WithToken("no key is needed"), openai.WithBaseURL(provider.BaseURL()), openai.WithModel("gpt-4o"))
	if err != nil {
		return err
	}

	agent := agents.NewOpenAIFunctionsAgent(lslangchaingo.WrapModel(llm), []tools.Tool{orderPrice{}, tools.Calculator{}})
	executor := lslangchaingo.WrapExecutor(agents.NewExecutor(agent)) // wraps the tools as well
	ctx, trace := langshark.StartTrace(ctx, "support", langshark.WithUser("minji"))
	answer, err := chains.Run(ctx, executor, "What do A-1042 and A-1043 cost together?")
	trace.End()
	if err != nil {
		return err
	}
	fmt.Println(answer)
	return recorder.Shutdown(ctx)
}

// orderPrice is a tool of the application.
type orderPrice struct{}

func (orderPrice) Name() string        { return "order_price" }
func (orderPrice) Description() string { return "The price of an order in won, by its number." }

func (orderPrice) Call(_ context.Context, order string) (string, error) {
	price, ok := map[string]string{"A-1042": "18000", "A-1043": "24000"}[order]
	if !ok {
		return "", fmt.Errorf("no order %s", order)
	}
	return price, nil
}
