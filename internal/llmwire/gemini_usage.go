package llmwire

import "github.com/langshark/langshark-go/internal/jsonx"

// geminiUsage is usageMetadata. The prompt contains what was cached; what the
// provider's own tools read, and the thoughts, are beside prompt and candidates.
type geminiUsage struct {
	prompt, toolUse, candidates, thoughts int64
	cached, total                         int64
	input, output                         modalities
	traffic                               string
}

// modalities are the tokens of each kind of content but text.
type modalities struct{ audio, image, video, document int64 }

// take reads the metadata, which replace the earlier ones if they say something.
func (u *geminiUsage) take(r *jsonx.Reader) {
	next := geminiUsage{traffic: u.traffic}
	for ok := r.Object(); ok && r.Member(); {
		switch string(r.Key) {
		case "promptTokenCount":
			next.prompt = r.Int()
		case "toolUsePromptTokenCount":
			next.toolUse = r.Int()
		case "candidatesTokenCount":
			next.candidates = r.Int()
		case "thoughtsTokenCount":
			next.thoughts = r.Int()
		case "cachedContentTokenCount":
			next.cached = r.Int()
		case "totalTokenCount":
			next.total = r.Int()
		case "promptTokensDetails", "promptTokenDetails":
			next.input.read(r)
		case "candidatesTokensDetails":
			next.output.read(r)
		case "trafficType":
			r.Set(&next.traffic, maxWordBytes)
		default:
			r.Skip()
		}
	}
	if next.prompt != 0 || next.candidates != 0 || next.total != 0 {
		*u = next
	}
}

// read takes a list of {"modality", "tokenCount"}.
func (m *modalities) read(r *jsonx.Reader) {
	for ok := r.Array(); ok && r.Item(); {
		var modality []byte
		var n int64
		for ok := r.Object(); ok && r.Member(); {
			switch string(r.Key) {
			case "modality":
				modality = r.Raw()
			case "tokenCount":
				n = r.Int()
			default:
				r.Skip()
			}
		}
		switch string(modality) {
		case `"AUDIO"`:
			m.audio = n
		case `"IMAGE"`:
			m.image = n
		case `"VIDEO"`:
			m.video = n
		case `"DOCUMENT"`:
			m.document = n
		}
	}
}

// usage converts u, nil if it says nothing.
func (u *geminiUsage) usage() *Usage {
	out := &Usage{
		Input: u.prompt + u.toolUse, Output: u.candidates + u.thoughts, Total: u.total,
		CachedInput: u.cached, InputAudio: u.input.audio,
		Reasoning: u.thoughts, OutputAudio: u.output.audio,
	}
	if out.Input == 0 && out.Output == 0 && out.Total == 0 {
		return nil
	}
	if out.Total == 0 {
		out.Total = out.Input + out.Output
	}
	return out
}

// attributes adds what the usage says beside the tokens that are counted.
func (u *geminiUsage) attributes(r *Response) {
	r.count("gcp.gemini.usage.input_image_tokens", u.input.image)
	r.count("gcp.gemini.usage.input_video_tokens", u.input.video)
	r.count("gcp.gemini.usage.input_document_tokens", u.input.document)
	r.count("gcp.gemini.usage.output_image_tokens", u.output.image)
	r.count("gcp.gemini.usage.output_video_tokens", u.output.video)
	r.count("gcp.gemini.usage.tool_use_input_tokens", u.toolUse)
	r.fact("gcp.gemini.usage.traffic_type", u.traffic)
}
