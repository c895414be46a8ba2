// Package langsharktest helps to test code that records: a [Recorder] keeps
// what was recorded in memory, and finds, shows and compares it.
//
//	func TestAnswer(t *testing.T) {
//		rec := langsharktest.NewRecorder(t)
//		Answer(rec.Context(), "Where is my parcel?")
//
//		gen := rec.RequireObservation("answer") // one observation, or
//		…
//		langsharktest.RequireTree(t, rec, "testdata/answer.tree") // all of it
//	}
//
// Package fakellm below this one is a model provider for such tests.
//
// # Golden trees
//
// [RequireTree] compares everything that was recorded with a file, and writes the file where the environment
// variable LANGSHARK_UPDATE is 1. Such a file is text to be read in a review:
//
//	trace support
//	  user: minji
//	  tags: ["delivery"]
//	- span support
//	    input: "Where is my parcel?"
//	    output: "It arrives tomorrow."
//	  - retriever search
//	      output: ["Parcels take two days."]
//	  - generation answer [ERROR]
//	      status: 429 Too Many Requests
//	      model: gpt-4o
//	      parameters:
//	        temperature: 0.2
//	      prompt: support, version 3
//	      input: [
//	        {"content": "You are kind.", "role": "system"},
//	        {"content": "Where is my parcel?", "role": "user"},
//	      ]
//	      first token: yes
//	      usage: input 412, output 6, total 418, cached input 256
//	      cost: $0.0012 (input $0.001, output $0.0002)
//	      score helpful: 0.9
//
// Traces stand one after the other, in order of start; each has its observations below it, in order of start too, or of
// end if that is the same. What has no value is left out. Of a trace that has one root, input and output are
// shown only if they aren't the root's, and an environment or release only if it doesn't come from the process's environment
// alone. [not recorded] marks a trace or parent that is in another process or hasn't ended, [unfinished] an
// observation that hadn't ended at Shutdown. Scores of sessions come last.
//
// Inputs, outputs, metadata and parameters are JSON with sorted keys: in one line if that has at most 72 characters,
// else an item a line with a comma after each. A string of several lines stands between """ as it is; what can't be seen is
// escaped.
//
// What differs from run to run doesn't get into the file:
//
//   - Times and durations are left out, except that a first token came.
//   - Ids that were made at random (16 or 32 hex digits, UUIDs) are left out, unless some text has them: both then show a name
//     like obs-1, numbered in the order of the tree. Ids that the application gave are shown.
//   - Ports of loopback addresses are PORT.
//   - For the rest there are [Replace], [IgnoreMetadata] and, for code that does several things at once, [SortSiblings].
package langsharktest
