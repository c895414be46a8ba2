package langchaingo

import "testing"

func TestWithoutQueries(t *testing.T) {
	for in, want := range map[string]string{
		"":     "",
		"none": "none",
		`Get "https://serpapi.com/search?api_key=SECRET": EOF`:                      `Get "https://serpapi.com/search": EOF`,
		`Get "https://a.b/search?q=two words&api_key=SECRET": EOF`:                  `Get "https://a.b/search": EOF`,
		`Get "https://a.b/search?q=\"x\"&api_key=SECRET": EOF`:                      `Get "https://a.b/search": EOF`,
		"see https://a.b/c?key=SECRET and http://d/?key=SECRET\nor https://e/f ok?": "see https://a.b/c and http://d/\nor https://e/f ok?",
		"<https://a.b?key=SECRET>, 'https://a.b?key=SECRET&x' x":                    "<https://a.b>, 'https://a.b' x",
		`x "https://a.b?key=SECRET`:                                                 `x "https://a.b`,
		"https://a.b/?key=SECRET":                                                   "https://a.b/",
		"://?SECRET":                                                                "://",
		"is it? https://a.b":                                                        "is it? https://a.b",
		"https://a.b/r?to=https://c/?key=SECRET x":                                  "https://a.b/r x",
		"a? b://": "a? b://",
	} {
		if got := withoutQueries(in); got != want {
			t.Errorf("%q: %q, not %q", in, got, want)
		}
	}
}
