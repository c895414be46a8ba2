package fakellm

// API names what was asked of the provider, and on which wire.
type API string

// The APIs that the provider speaks. On Azure's paths they are those of OpenAI,
// on Vertex's those of Gemini.
const (
	ChatCompletions   API = "openai.chat.completions"
	Completions       API = "openai.completions" // the legacy ones
	Responses         API = "openai.responses"
	Embeddings        API = "openai.embeddings"
	Images            API = "openai.images" // generations, edits and variations
	Transcriptions    API = "openai.audio.transcriptions"
	Translations      API = "openai.audio.translations"
	Speech            API = "openai.audio.speech"
	Moderations       API = "openai.moderations"
	AnthropicMessages API = "anthropic.messages"
	AnthropicCount    API = "anthropic.messages.count_tokens"
	GeminiContent     API = "gemini.generateContent" // streamGenerateContent too
	GeminiEmbeddings  API = "gemini.embedContent"    // batchEmbedContents and Vertex's predict too
	GeminiCount       API = "gemini.countTokens"
	OllamaChat        API = "ollama.chat"
	OllamaGenerate    API = "ollama.generate"
	OllamaEmbeddings  API = "ollama.embed" // the older embeddings too
)

// generates reports whether a model makes something new, so that a scripted
// reply is used up. Vectors, counts and judgements follow from the request.
func (a API) generates() bool {
	switch a {
	case Embeddings, Moderations, AnthropicCount, GeminiEmbeddings, GeminiCount, OllamaEmbeddings:
		return false
	default:
		return true
	}
}
