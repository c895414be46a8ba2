// Package demo is the program behind "langshark demo": a support bot of a web
// shop, in Korean and English, that answers by retrieval and two tools through
// sashabaranov/go-openai, and is recorded by LangShark into a server embedded
// in the same process.
//
// The bot (bot.go, tools.go, retrieve.go) is written as an application would
// be; what it says comes from a built-in provider that replays script.go. Each
// step is noted besides (ledger.go), so that [Run] can compare what was done
// with what the server's public API tells (verify.go).
package demo
