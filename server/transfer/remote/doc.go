// Package remote imports the traces, observations and scores of a project from
// another server by its public API: Langfuse 2.75 and 3, LangShark, whatever
// speaks the same, and Langfuse 4, whose lists are others.
//
// It walks each list by windows of time, split until a window holds at most a
// thousand rows, and reads the pages of a window until it has as many as the
// server says there are: rows that come meanwhile shift pages, but make no gap.
// What is written is idempotent, so that an import can be repeated and resumed.
package remote
