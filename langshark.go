// Package langshark records what an LLM application does, and sends it to a
// LangShark or Langfuse server.
//
//	client, err := langshark.New(langshark.Config{}) // keys and host from the environment
//	if err != nil {
//		log.Fatal(err)
//	}
//	defer client.Shutdown(context.Background())
//	langshark.SetDefault(client)
//
//	answer := langshark.Observe("answer", func(ctx context.Context, question string) (string, error) {
//		ctx, generation := langshark.StartGeneration(ctx, "chat", langshark.WithModel("gpt-4o"))
//		defer generation.End()
//		generation.SetInput(question)
//		// … call the model with ctx, then generation.SetOutput and SetUsage
//		return "…", nil
//	})
//	fmt.Println(answer(ctx, "What is a trace?"))
//
// # Traces and observations
//
// A trace is one run of the application, as one request. It is a tree of
// observations: spans, generations, events and the other kinds. The first
// observed call makes the trace and is its root; calls below find their parent
// in the context.
//
//	trace    support request         user kim, session s-17
//	└─ span  answer                  1.2 s
//	   ├─ retriever  search          40 ms
//	   ├─ generation chat gpt-4o     1.1 s   812 → 96 tokens, first token after 310 ms
//	   └─ tool       refund          12 ms   ERROR
//
// [StartTrace], [StartSpan], [StartGeneration] and [StartObservation] return a
// context and a handle: pass the context on, set what is known on the handle,
// call End. [RecordEvent] and [RecordScore] need no End. [UpdateTrace] and
// [UpdateObservation] change what ctx holds, from any depth.
//
// # Wrappers
//
// [Observe] and its like wrap a function and record each call, with input,
// output, error and panic; [ObserveSeq], [ObserveSeq2] and [ObserveChan] do so
// for streams, [ObserveHandler] for an http.Handler, [Do] for a piece of a function.
//
// # Attributes
//
// User, session, tags, metadata, release, version and environment belong to
// the trace. Options of StartTrace set them, [UpdateTrace] changes them for the
// whole trace, [WithTraceAttributes] for what starts below a context.
//
// # Delivery
//
// End copies what is needed into a bounded queue and returns; one goroutine
// sends batches, retries, and counts what becomes of each record, exactly:
// see [Client.Stats]. [Client.Flush] waits until all has arrived and
// [Client.Shutdown] does so at the end; both honour their context and say what
// has not arrived. What was only in memory when a process is killed is lost:
// at most what was recorded in the last [Config].FlushInterval while the server
// answers, and [Config].QueueBytes while it doesn't.
//
// # When nothing is configured
//
// Without keys the client is disabled: every function and handle works, costs
// a few nanoseconds and records nothing. Telemetry never makes the application
// fail: recording returns no errors, never waits for the network and never
// panics.
//
// # Privacy
//
// [Config].Mask rewrites every text before it is queued and fails closed.
// [WithoutInput] and [WithoutOutput] leave payloads out altogether.
package langshark
