// Package sdktest tests llmhttp.Transport with the SDKs that people use it
// with: OpenAI's, with Azure and the hosts that speak like OpenAI, Anthropic's,
// Google's and Ollama's. Each has conversations whose recorded trees are files
// to read (testdata), and must give the application and the provider the same
// with us as without.
//
// It is a module of its own, never published, and in no workspace but its own:
// what these SDKs require must move nobody's versions.
package sdktest
