package langshark_test

import (
	"context"
	"fmt"

	"github.com/langshark/langshark-go"
	"github.com/langshark/langshark-go/exporter/memory"
)

// fixedPrompts is a source that holds one prompt; a client has its server instead.
type fixedPrompts string

func (f fixedPrompts) FetchPrompt(context.Context, langshark.PromptRequest) (langshark.PromptResponse, error) {
	return langshark.PromptResponse{Body: []byte(f)}, nil
}

func promptsOf(body string) *langshark.Client {
	client, err := langshark.New(langshark.Config{Exporter: memory.New(), Prompts: fixedPrompts(body)})
	if err != nil {
		panic(err)
	}
	return client
}

func ExampleClient_Prompt() {
	ctx := context.Background()
	client := promptsOf(`{"name":"support/answer","version":4,"prompt":"You help {{shop}}. {{question}}","config":{"model":"gpt-4o","temperature":0.2}}`)
	defer client.Shutdown(ctx)

	prompt, err := client.Prompt(ctx, "support/answer", langshark.WithFallback("{{shop}}: {{question}}"))
	if err != nil {
		fmt.Println(err)
		return
	}
	text, err := prompt.Compile(langshark.Vars{"shop": "Norang Market", "question": "Where is my parcel?"})
	if err != nil {
		fmt.Println(err)
		return
	}
	config, err := langshark.PromptConfig[struct{ Model string }](prompt)
	if err != nil {
		fmt.Println(err)
		return
	}
	_, generation := client.StartGeneration(ctx, "answer", langshark.WithModel(config.Model), langshark.WithPrompt(prompt))
	generation.SetInput(text)
	generation.End()

	fmt.Println(text)
	fmt.Println(config.Model, "with version", prompt.Version())
	// Output:
	// You help Norang Market. Where is my parcel?
	// gpt-4o with version 4
}

func ExamplePrompt_Messages() {
	client := promptsOf(`{"name":"chat","version":1,"prompt":[{"role":"system","content":"You help {{shop}}."},{"type":"placeholder","name":"history"},{"role":"user","content":"{{question}}"}]}`)
	defer client.Shutdown(context.Background())
	prompt, err := client.Prompt(context.Background(), "chat")
	if err != nil {
		fmt.Println(err)
		return
	}
	messages, err := prompt.Messages(langshark.Vars{
		"shop": "Norang Market", "question": "And now?",
		"history": []langshark.Message{{Role: "user", Content: "Hi"}, {Role: "assistant", Content: "Hello!"}},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, m := range messages {
		fmt.Println(m.Role+":", m.Content)
	}
	_, err = prompt.Messages(langshark.Vars{"shop": "Norang Market", "qestion": "And now?"})
	fmt.Println(err)
	// Output:
	// system: You help Norang Market.
	// user: Hi
	// assistant: Hello!
	// user: And now?
	// langshark: prompt "chat" version 1: no value for "history", "question"; it has no "qestion"
}

func ExampleInExperiment() {
	client := promptsOf(`{"experiment":"tone","salt":"s","variants":[{"name":"house","version":1},{"name":"warm","version":2}],
		"ranges":[{"from":0,"to":5000,"variant":"house"},{"from":5000,"to":10000,"variant":"warm"}],
		"prompts":[{"name":"answer","version":1,"prompt":"Answer."},{"name":"answer","version":2,"prompt":"Answer warmly."}]}`)
	defer client.Shutdown(context.Background())
	for _, user := range []string{"minji", "daniel", "minji"} {
		prompt, err := client.Prompt(context.Background(), "answer", langshark.InExperiment("tone", user))
		if err != nil {
			fmt.Println(err)
			return
		}
		_, variant := prompt.Experiment()
		fmt.Println(user, variant, prompt.Text())
	}
	// Output:
	// minji house Answer.
	// daniel warm Answer warmly.
	// minji house Answer.
}
