package fakellm

import (
	"bytes"
	"cmp"
	"encoding/base64"
	"hash/fnv"
	"image"
	"image/color"
	"image/png"
	"strconv"
	"strings"
)

// images is what an images request asks for.
type images struct {
	Model   string `json:"model"`
	Prompt  string `json:"prompt"`
	N       int    `json:"n"`
	Size    string `json:"size"`
	Quality string `json:"quality"`
	Format  string `json:"response_format"`
	Output  string `json:"output_format"`
}

var imagesEndpoint = &endpoint{
	api: Images, vendor: openAI, answer: answerImages,
	read: func(c *call) *Error {
		in := &images{}
		if e := c.parse(in); e != nil {
			return e
		}
		return c.readImages(in, true)
	},
}

// imageEditsEndpoint and imageVariationsEndpoint take pictures as parts of a form.
var (
	imageEditsEndpoint      = &endpoint{api: Images, vendor: openAI, answer: answerImages, read: func(c *call) *Error { return c.readPictures(true) }}
	imageVariationsEndpoint = &endpoint{api: Images, vendor: openAI, answer: answerImages, read: func(c *call) *Error { return c.readPictures(false) }}
)

func (c *call) readPictures(prompt bool) *Error {
	f, e := c.readForm()
	if e != nil {
		return e
	}
	if len(c.req.Files) == 0 {
		return invalid("image", "Missing required parameter: 'image'.")
	}
	return c.readImages(&images{
		Model: f.text("model"), Prompt: f.text("prompt"), N: f.number("n"), Size: f.text("size"), Quality: f.text("quality"),
		Format: f.text("response_format"), Output: f.text("output_format"),
	}, prompt)
}

func (c *call) readImages(in *images, prompt bool) *Error {
	in.Model = cmp.Or(c.named(in.Model), "gpt-image-1")
	switch {
	case prompt && in.Prompt == "":
		return invalid("prompt", "Missing required parameter: 'prompt'.")
	case in.N < 0 || in.N > 10:
		return invalid("n", "Invalid 'n': integer out of range.")
	}
	in.N = max(in.N, 1)
	c.in, c.req.Model = in, in.Model
	c.req.say("user", in.Prompt)
	return nil
}

// tokensOfImage is what one of medium quality costs.
const tokensOfImage = 1056

func answerImages(c *call) (string, []byte) {
	in, r := c.in.(*images), &c.replies[0]
	type item struct {
		B64     string `json:"b64_json,omitempty"`
		URL     string `json:"url,omitempty"`
		Revised string `json:"revised_prompt,omitempty"`
	}
	type details struct {
		Image int64 `json:"image_tokens"`
		Text  int64 `json:"text_tokens"`
	}
	type used struct {
		Input   int64   `json:"input_tokens"`
		Details details `json:"input_tokens_details"`
		Output  int64   `json:"output_tokens"`
		Total   int64   `json:"total_tokens"`
	}
	answer := struct {
		Created    int64  `json:"created"`
		Background string `json:"background,omitempty"`
		Data       []item `json:"data"`
		Format     string `json:"output_format,omitempty"`
		Quality    string `json:"quality,omitempty"`
		Size       string `json:"size,omitempty"`
		Usage      *used  `json:"usage,omitempty"`
	}{Created: c.p.now().Unix()}
	dallE := strings.HasPrefix(in.Model, "dall-e")
	all := r.Images
	if all == nil {
		all = make([]Image, in.N)
	}
	for i, img := range all {
		var it item
		if dallE && in.Format != "b64_json" {
			it.URL = cmp.Or(img.URL, "https://images.invalid/"+c.id("img-")+strconv.Itoa(i)+".png")
		} else {
			if img.Data == nil {
				img.Data = picture(in.Prompt + strconv.Itoa(i))
			}
			it.B64 = base64.StdEncoding.EncodeToString(img.Data)
		}
		if in.Model == "dall-e-3" {
			it.Revised = cmp.Or(r.Text, in.Prompt)
		}
		answer.Data = append(answer.Data, it)
	}
	if !dallE {
		text, pictures, out := CountTokens(in.Prompt), int64(len(c.req.Files))*323, int64(len(all))*tokensOfImage
		u := &used{text + pictures, details{pictures, text}, out, text + pictures + out}
		if given := r.Usage; given != nil {
			u = &used{given.PromptTokens, details{0, given.PromptTokens}, given.CompletionTokens, given.PromptTokens + given.CompletionTokens}
		}
		auto := func(s, otherwise string) string {
			if s == "" || s == "auto" {
				return otherwise
			}
			return s
		}
		answer.Background, answer.Format, answer.Usage = "opaque", cmp.Or(in.Output, "png"), u
		answer.Quality, answer.Size = auto(in.Quality, "medium"), auto(in.Size, "1024x1024")
	}
	return "application/json", indented(answer)
}

// picture draws a small PNG, the same for the same words.
func picture(words string) []byte {
	h := fnv.New64a()
	_, _ = h.Write([]byte(words))
	seed := h.Sum64()
	img := image.NewPaletted(image.Rect(0, 0, 8, 8), color.Palette{
		color.White, color.RGBA{byte(seed), byte(seed >> 8), byte(seed >> 16), 255},
	})
	for i := range img.Pix {
		img.Pix[i] = byte(seed >> i & 1)
	}
	var b bytes.Buffer
	_ = png.Encode(&b, img) // to memory
	return b.Bytes()
}
