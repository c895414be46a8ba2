package mask

import "strings"

// keyForm is the form of one provider's keys: a prefix and what follows.
type keyForm struct {
	prefix string
	set    uint8
	min    int // bytes after the prefix
	max    int // 0 if there is no limit
}

// keyForms is sorted so that of two prefixes that fit the longer comes first.
var keyForms = []keyForm{
	{"sk-ant-", setToken, 20, 0},     // Anthropic
	{"sk-or-v1-", setHex, 32, 0},     // OpenRouter
	{"sk-lf-", setToken, 20, 0},      // Langfuse, LangShark
	{"pk-lf-", setToken, 20, 0},      //
	{"sk-", setToken, 20, 0},         // OpenAI, DeepSeek and others
	{"xai-", setToken, 40, 0},        // xAI
	{"pplx-", setToken, 32, 0},       // Perplexity
	{"tvly-", setToken, 20, 0},       // Tavily
	{"nvapi-", setToken, 40, 0},      // NVIDIA
	{"glpat-", setToken, 20, 0},      // GitLab
	{"gldt-", setToken, 20, 0},       //
	{"glrt-", setToken, 20, 0},       //
	{"xoxb-", setToken, 20, 0},       // Slack
	{"xoxp-", setToken, 20, 0},       //
	{"xoxa-", setToken, 20, 0},       //
	{"xoxr-", setToken, 20, 0},       //
	{"xoxs-", setToken, 20, 0},       //
	{"xoxe-", setToken, 20, 0},       //
	{"xapp-", setToken, 20, 0},       //
	{"pypi-", setToken, 50, 0},       // PyPI
	{"gsk_", setToken, 30, 0},        // Groq
	{"hf_", setToken, 30, 0},         // Hugging Face
	{"github_pat_", setToken, 50, 0}, // GitHub
	{"ghp_", setToken, 30, 0},        //
	{"gho_", setToken, 30, 0},        //
	{"ghu_", setToken, 30, 0},        //
	{"ghs_", setToken, 30, 0},        //
	{"ghr_", setToken, 30, 0},        //
	{"npm_", setToken, 30, 0},        // npm
	{"sk_live_", setToken, 16, 0},    // Stripe
	{"sk_test_", setToken, 16, 0},    //
	{"rk_live_", setToken, 16, 0},    //
	{"rk_test_", setToken, 16, 0},    //
	{"whsec_", setBase64, 24, 0},     //
	{"r8_", setToken, 30, 0},         // Replicate
	{"shpat_", setHex, 32, 0},        // Shopify
	{"dop_v1_", setHex, 60, 0},       // DigitalOcean
	{"lsv2_pt_", setToken, 30, 0},    // LangSmith
	{"lsv2_sk_", setToken, 30, 0},    //
	{"pcsk_", setToken, 40, 0},       // Pinecone
	{"AKIA", setToken, 16, 16},       // AWS
	{"ASIA", setToken, 16, 16},       //
	{"AIza", setToken, 35, 35},       // Google
	{"AC", setHex, 32, 32},           // Twilio
	{"SK", setHex, 32, 32},           //
	{"SG.", setBase64, 40, 0},        // SendGrid
}

// keyIndex lists the forms by the byte at which the pass stops, which is the
// first '-' or '_' of a prefix or its first letter, and by the byte before it.
var keyIndex = func() (index [128][]keyForm) {
	for _, f := range keyForms {
		at := keyAnchor(f.prefix)
		i := f.prefix[0]
		if at > 0 {
			i = f.prefix[at-1]
		}
		index[i] = append(index[i], f)
	}
	return index
}()

func keyAnchor(prefix string) int { return max(0, strings.IndexAny(prefix, "-_")) }

// keyAt looks for a provider's key whose prefix has its anchor at i.
func (sc *scan) keyAt(i int) int {
	c := sc.s[i]
	if c == '-' || c == '_' {
		if i == 0 {
			return 1
		}
		c = sc.s[i-1]
	}
	if c >= 128 {
		return i + 1
	}
	for k := range keyIndex[c] {
		f := &keyIndex[c][k]
		start := i - keyAnchor(f.prefix)
		if start < sc.from || !sc.hasPrefix(start, f.prefix) || !sc.begins(start) {
			continue
		}
		body := start + len(f.prefix)
		end := sc.run(body, f.set, len(sc.s))
		for end > body && (sc.s[end-1] == '.' || sc.s[end-1] == '-') && f.max == 0 {
			end--
		}
		if end-body < f.min || f.max > 0 && end-body > f.max || !random(sc.s[body:end]) {
			if end-body > 64 {
				return end
			}
			continue
		}
		return sc.hit(TypeAPIKey, start, end, 0.95)
	}
	return i + 1
}

// random reports whether s looks drawn by lot rather than written: it has
// digits, or capitals amid small letters, and many different characters.
func random(s string) bool {
	if len(s) > 256 {
		s = s[:256]
	}
	var seen [4]uint64
	digits, upper, lower, distinct := 0, 0, 0, 0
	for i := range len(s) {
		c := s[i]
		switch {
		case isDigit(c):
			digits++
		case isUpper(c):
			upper++
		case isLower(c):
			lower++
		}
		if seen[c>>6]&(1<<(c&63)) == 0 {
			seen[c>>6] |= 1 << (c & 63)
			distinct++
		}
	}
	return distinct >= min(8, len(s)/2) && (digits >= 2 || digits > 0 && upper > 0 || upper >= 3 && lower >= 3)
}

// telegram looks for a Telegram bot's token: the bot's number, ':' and 35 characters.
func (sc *scan) telegram(d *number) int {
	i := d.end[0] + 1
	end := sc.run(i, setToken, 40)
	if end-i < 33 || end-i > 37 || !sc.hasPrefix(i, "AA") || !sc.begins(d.start[0]) {
		return 0
	}
	return sc.hit(TypeAPIKey, d.start[0], end, 0.95)
}
