package mask

import "strings"

// keyForm is the form of one provider's keys: a prefix and what follows.
type keyForm struct {
	prefix string
	set    uint8
	min    int // bytes after the prefix
	max    int // 0 if there is no limit
	anchor int // offset in prefix of the byte at which the pass stops
}

// keyForms is sorted so that of two prefixes that fit the longer comes first.
var keyForms = []keyForm{
	{prefix: "sk-ant-", set: setToken, min: 20},       // Anthropic
	{prefix: "sk-or-v1-", set: setHex, min: 32},       // OpenRouter
	{prefix: "sk-lf-", set: setToken, min: 20},        // Langfuse, LangShark
	{prefix: "pk-lf-", set: setToken, min: 20},        //
	{prefix: "sk-", set: setToken, min: 20},           // OpenAI, DeepSeek and others
	{prefix: "xai-", set: setToken, min: 40},          // xAI
	{prefix: "pplx-", set: setToken, min: 32},         // Perplexity
	{prefix: "tvly-", set: setToken, min: 20},         // Tavily
	{prefix: "nvapi-", set: setToken, min: 40},        // NVIDIA
	{prefix: "glpat-", set: setToken, min: 20},        // GitLab
	{prefix: "gldt-", set: setToken, min: 20},         //
	{prefix: "glrt-", set: setToken, min: 20},         //
	{prefix: "xoxb-", set: setToken, min: 20},         // Slack
	{prefix: "xoxp-", set: setToken, min: 20},         //
	{prefix: "xoxa-", set: setToken, min: 20},         //
	{prefix: "xoxr-", set: setToken, min: 20},         //
	{prefix: "xoxs-", set: setToken, min: 20},         //
	{prefix: "xoxe-", set: setToken, min: 20},         //
	{prefix: "xapp-", set: setToken, min: 20},         //
	{prefix: "pypi-", set: setToken, min: 50},         // PyPI
	{prefix: "gsk_", set: setToken, min: 30},          // Groq
	{prefix: "hf_", set: setToken, min: 30},           // Hugging Face
	{prefix: "github_pat_", set: setToken, min: 50},   // GitHub
	{prefix: "ghp_", set: setToken, min: 30},          //
	{prefix: "gho_", set: setToken, min: 30},          //
	{prefix: "ghu_", set: setToken, min: 30},          //
	{prefix: "ghs_", set: setToken, min: 30},          //
	{prefix: "ghr_", set: setToken, min: 30},          //
	{prefix: "npm_", set: setToken, min: 30},          // npm
	{prefix: "sk_live_", set: setToken, min: 16},      // Stripe
	{prefix: "sk_test_", set: setToken, min: 16},      //
	{prefix: "rk_live_", set: setToken, min: 16},      //
	{prefix: "rk_test_", set: setToken, min: 16},      //
	{prefix: "whsec_", set: setBase64, min: 24},       //
	{prefix: "r8_", set: setToken, min: 30},           // Replicate
	{prefix: "shpat_", set: setHex, min: 32},          // Shopify
	{prefix: "dop_v1_", set: setHex, min: 60},         // DigitalOcean
	{prefix: "lsv2_pt_", set: setToken, min: 30},      // LangSmith
	{prefix: "lsv2_sk_", set: setToken, min: 30},      //
	{prefix: "pcsk_", set: setToken, min: 40},         // Pinecone
	{prefix: "AKIA", set: setToken, min: 16, max: 16}, // AWS
	{prefix: "ASIA", set: setToken, min: 16, max: 16}, //
	{prefix: "AIza", set: setToken, min: 35, max: 35}, // Google
	{prefix: "AC", set: setHex, min: 32, max: 32},     // Twilio
	{prefix: "SK", set: setHex, min: 32, max: 32},     //
	{prefix: "SG.", set: setBase64, min: 40},          // SendGrid
}

// keyIndex lists the forms by the byte at which the pass stops, which is the
// first '-' or '_' of a prefix or its first letter, and by the byte before it.
var keyIndex = func() (index [128][]keyForm) {
	for _, f := range keyForms {
		i := f.prefix[0]
		if f.anchor = max(0, strings.IndexAny(f.prefix, "-_")); f.anchor > 0 {
			i = f.prefix[f.anchor-1]
		}
		index[i] = append(index[i], f)
	}
	return index
}()

// keyPairs has the last two bytes of prefixes before their first '-' or '_', and
// the first two of those without.
var keyPairs = func() (p pairs) {
	for _, f := range keyForms {
		if i := strings.IndexAny(f.prefix, "-_"); i > 0 {
			p.add(f.prefix[i-2], f.prefix[i-1])
		} else {
			p.add(f.prefix[0], f.prefix[1])
		}
	}
	return p
}()

// keyAt looks for a provider's key whose prefix has its anchor at i.
func (sc *scan) keyAt(i int) int {
	c := sc.s[i]
	if c == '-' || c == '_' {
		if i < 2 || !keyPairs.has(sc.s[i-2], sc.s[i-1]) {
			return i + 1
		}
		c = sc.s[i-1]
	} else if !keyPairs.has(c, sc.at(i+1)) {
		return i + 1
	}
	for k := range keyIndex[c] {
		f := &keyIndex[c][k]
		start := i - f.anchor
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
