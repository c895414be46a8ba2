package apitest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/sashabaranov/go-openai"
)

// method is one of the client's, with arguments that make it send a request.
type method struct {
	name string
	call reflect.Method
}

// notRequests are methods that send none.
var notRequests = []string{}

// methods are all of the client's that take a context, found by reflection: a
// version of the library with new ones has them tested.
func methods(t *testing.T) []method {
	t.Helper()
	var all []method
	client := reflect.TypeFor[*openai.Client]()
	for i := range client.NumMethod() {
		m := client.Method(i)
		if slices.Contains(notRequests, m.Name) {
			continue
		}
		if m.Type.NumIn() < 2 || m.Type.In(1) != reflect.TypeFor[context.Context]() {
			t.Fatalf("%s takes no context: say what to do with it", m.Name)
		}
		all = append(all, method{m.Name, m})
	}
	if len(all) < 80 {
		t.Fatalf("only %d methods", len(all))
	}
	return all
}

// arguments are those that the zero value doesn't do for.
func arguments(name string) map[reflect.Type]any {
	const model = "gpt-4o"
	file := func() io.Reader {
		return openai.WrapReader(strings.NewReader("bytes of a file"), "file.png", "image/png")
	}
	message := []openai.ChatCompletionMessage{{Role: openai.ChatMessageRoleUser, Content: "서울에서 <부산>까지 & back?"}}
	batch := openai.UploadBatchFileRequest{FileName: "batch.jsonl"}
	batch.AddChatCompletion("customer-1", openai.ChatCompletionRequest{Model: model, Messages: message})
	instruct := "gpt-3.5-turbo-instruct"
	all := map[reflect.Type]any{}
	for _, v := range []any{
		openai.ChatCompletionRequest{Model: model, Messages: message, Temperature: 0.5},
		openai.CompletionRequest{Model: instruct, Prompt: "Once"},
		openai.CreateResponseRequest{Model: "gpt-5", Input: "Where?", Instructions: "Be short."},
		openai.ImageRequest{Model: "gpt-image-1", Prompt: "a cat"},
		openai.ImageEditRequest{Model: "gpt-image-1", Prompt: "a hat", Image: file(), N: 1},
		openai.ImageVariRequest{Model: "dall-e-2", Image: file(), N: 1},
		openai.AudioRequest{Model: "whisper-1", FilePath: "call.mp3", Reader: strings.NewReader("ID3 sound"), Prompt: "주문"},
		openai.CreateSpeechRequest{Model: "tts-1", Input: "안녕", Voice: "alloy"},
		openai.ModerationRequest{Model: "omni-moderation-latest", Input: "text"},
		openai.EditsRequest{Model: &instruct, Input: "helo", Instruction: "fix"},
		openai.FileBytesRequest{Name: "data.jsonl", Bytes: []byte("{}\n"), Purpose: openai.PurposeFineTune},
		openai.FileRequest{FileName: "data.jsonl", FilePath: "testdata/data.jsonl", Purpose: "fine-tune"},
		openai.RunRequest{AssistantID: "asst_1", Model: model},
		openai.CreateThreadAndRunRequest{RunRequest: openai.RunRequest{AssistantID: "asst_1", Model: model}},
		batch,
		openai.CreateBatchWithUploadFileRequest{Endpoint: openai.BatchEndpointChatCompletions, UploadBatchFileRequest: batch},
	} {
		all[reflect.TypeOf(v)] = v
	}
	all[reflect.TypeFor[openai.EmbeddingRequestConverter]()] = openai.EmbeddingRequestStrings{Model: openai.SmallEmbedding3, Input: []string{"가", "나"}}
	_ = name
	return all
}

// made is all that a call gives the application.
type made struct {
	Values []any
	Err    string
	Body   string // of a raw answer
	Pieces []any  // of a stream
	End    string // how the stream ended
}

// do calls the method on the client and uses up what it returns.
func (m *method) do(ctx context.Context, client *openai.Client) made {
	given := arguments(m.name)
	in := []reflect.Value{reflect.ValueOf(client), reflect.ValueOf(ctx)}
	params := m.call.Type.NumIn()
	if m.call.Type.IsVariadic() {
		params--
	}
	for i := 2; i < params; i++ {
		kind := m.call.Type.In(i)
		v, ok := given[kind]
		switch {
		case ok:
			in = append(in, reflect.ValueOf(v))
		case kind.Kind() == reflect.String:
			in = append(in, reflect.ValueOf(fmt.Sprintf("id_%d", i)).Convert(kind))
		default:
			in = append(in, reflect.Zero(kind))
		}
	}
	var out made
	for _, v := range m.call.Func.Call(in) {
		switch value := v.Interface().(type) {
		case nil:
		case error:
			out.Err = describe(value)
		case openai.RawResponse:
			if value.ReadCloser == nil {
				continue
			}
			var b bytes.Buffer
			_, err := io.Copy(&b, value)
			out.Body, out.End = b.String(), describe(err)
			_ = value.Close()
			out.Values = append(out.Values, header(value.Header()))
		default:
			if v.Kind() == reflect.Pointer {
				if !v.IsNil() {
					out.drain(v)
				}
				continue
			}
			out.Values = append(out.Values, reduced(v))
		}
	}
	return out
}

// drain reads a stream to its end.
func (m *made) drain(stream reflect.Value) {
	defer stream.MethodByName("Close").Call(nil)
	if h, ok := reflect.TypeAssert[interface{ Header() http.Header }](stream); ok {
		m.Values = append(m.Values, header(h.Header()))
	}
	recv := stream.MethodByName("Recv")
	for range 10_000 {
		got := recv.Call(nil)
		if err, _ := reflect.TypeAssert[error](got[1]); err != nil {
			m.End = describe(err)
			return
		}
		m.Pieces = append(m.Pieces, reduced(got[0]))
	}
	m.End = "it never ended"
}

// describe shows an error with all that can be asked of it.
func describe(err error) string {
	if err == nil {
		return ""
	}
	text := fmt.Sprintf("%T %v", err, err)
	var api *openai.APIError
	if errors.As(err, &api) {
		text += fmt.Sprintf(" | api %v %q %v %d", api.Code, api.Type, api.Param, api.HTTPStatusCode)
	}
	var request *openai.RequestError
	if errors.As(err, &request) {
		text += fmt.Sprintf(" | request %d %q", request.HTTPStatusCode, request.Body)
	}
	for _, known := range []error{io.EOF, io.ErrUnexpectedEOF, context.Canceled, context.DeadlineExceeded} {
		if errors.Is(err, known) {
			text += " | " + known.Error()
		}
	}
	return text
}

// header leaves out what differs from call to call.
func header(h http.Header) map[string][]string {
	out := map[string][]string{}
	for name, values := range h {
		if name != "Date" && name != "X-Request-Id" {
			out[name] = values
		}
	}
	return out
}

// reduced returns a value whose header has been reduced.
func reduced(v reflect.Value) any {
	if e, ok := reflect.TypeAssert[openai.ResponseStreamEvent](v); ok { // %#v of its bytes would be long
		b, err := json.Marshal(e)
		return fmt.Sprintf("%s %s %v", e.Raw, b, err)
	}
	c := reflect.New(v.Type())
	c.Elem().Set(v)
	text := fmt.Sprintf("%#v", c.Elem().Interface())
	if s, ok := reflect.TypeAssert[interface{ Header() http.Header }](c); ok {
		text += fmt.Sprint(header(s.Header()))
	}
	return text
}
