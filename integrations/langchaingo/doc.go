// Package langchaingo records what applications of tmc/langchaingo do: model
// calls, embeddings, retrievals, tools, chains, memory and agents.
//
//	model := lslangchaingo.WrapModel(llm)
//	retriever := lslangchaingo.WrapRetriever(vectorstores.ToRetriever(store, 4))
//	qa := lslangchaingo.WrapChain(chains.NewRetrievalQAFromLLM(model, retriever))
//	answer, err := chains.Run(ctx, qa, "Where is my parcel?")
//
// records
//
//	chain RetrievalQA
//	  retriever Retriever
//	  generation chat gpt-4o
//
// # Wrappers
//
// Each wrapper returns the library's own interface and passes the context of
// its observation down, so that what is called below stands below. Results,
// errors and panics are those of the wrapped value. What is wrapped twice is
// recorded once, and a nil value stays nil. Without a client that records, a
// wrapper only forwards the call.
//
// Tools know the generation that asked for them and the id of its call, whether
// an executor runs them, [WrapTool] wraps them or the application starts their
// observations itself, as with llmhttp.StartTool.
//
// [WrapExecutor] also wraps the tools of the agent, names each plan, and keeps
// the steps: thought, tool, input and observation.
//
// # Handler
//
// [Handler] is for code that can't be wrapped. The library's callbacks have no
// run id and no context to hand on, don't name the model, and often don't tell
// the end of what they began; prefer the wrappers. The two may be mixed: the
// handler is silent about what a wrapper records. It can't silence a transport of
// package llmhttp in the model's client, as the wrappers do.
package langchaingo
