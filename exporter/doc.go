// Package exporter delivers what an application records.
//
// An [Exporter] takes batches of [Record] values: traces, observations and
// scores in a form that knows nothing of any wire. Sub-packages hold one
// each: ingestion (LangShark and Langfuse servers), memory, jsonl, console and
// multi. The package exportertest checks one of your own.
//
// A [Pipeline] stands before an exporter: a queue bounded in bytes and items,
// batches, retries and exact counts. The client of package langshark makes
// its own; you need one only to feed an exporter yourself.
//
//	record ─► Pipeline ─► Exporter ─► server, file, memory
//	          queue         one call at a time
//	          retries       no retries
package exporter
