package chat

import (
	"regexp"
	"strings"
)

// BlockKind is the kind of a block of text.
type BlockKind uint8

// The kinds of blocks.
const (
	Paragraph BlockKind = iota
	Heading
	Bullets
	Numbers
	Code
	Quote
	Rule
	Table
)

// Block is a block of a text written in the part of Markdown that models use.
// It holds text only: no HTML, no images, and links to http and https alone.
type Block struct {
	Kind  BlockKind
	Level int    // of a Heading, 1 to 6
	Lang  string // of Code
	Text  string // of Code, verbatim
	Spans []Span // of Paragraph, Heading and Quote
	Items [][]Span
	Start int        // first number of Numbers
	Rows  [][][]Span // of Table, the first its head
}

// Span is a run of text of one style.
type Span struct {
	Text               string
	Bold, Italic, Code bool
	Link               string
}

var (
	bulletLine = regexp.MustCompile(`^\s{0,6}[-*•+]\s+(.*)$`)
	numberLine = regexp.MustCompile(`^\s{0,6}(\d{1,4})[.)]\s+(.*)$`)
	headLine   = regexp.MustCompile(`^(#{1,6})\s+(.*?)\s*#*$`)
	ruleLine   = regexp.MustCompile(`^\s*([-*_])(\s*[-*_]){2,}\s*$`)
	tableLine  = regexp.MustCompile(`^\s*\|?(\s*:?-{2,}:?\s*\|)+\s*:?-*:?\s*\|?\s*$`)
	inline     = regexp.MustCompile("(`[^`\n]+`)|(\\*\\*[^*\n]+\\*\\*)|(__[^_\n]+__)|(\\*[^*\\s][^*\n]*\\*)|(\\[[^\\]\n]+\\]\\(https?://[^)\\s]+\\))|(https?://[^\\s<>()\"'`]+)")
)

// Markdown parts text into blocks. Its cost is linear in the length of text.
func Markdown(text string) []Block {
	lines := strings.Split(strings.ReplaceAll(text, "\r\n", "\n"), "\n")
	var out []Block
	var para []string
	flush := func() {
		if len(para) > 0 {
			out = append(out, Block{Kind: Paragraph, Spans: spans(strings.Join(para, "\n"))})
			para = nil
		}
	}
	for i := 0; i < len(lines); i++ {
		line := lines[i]
		trimmed := strings.TrimSpace(line)
		switch {
		case trimmed == "":
			flush()
		case strings.HasPrefix(trimmed, "```"), strings.HasPrefix(trimmed, "~~~"):
			flush()
			fence := trimmed[:3]
			from := i + 1
			for i++; i < len(lines) && !strings.HasPrefix(strings.TrimSpace(lines[i]), fence); i++ {
			}
			out = append(out, Block{Kind: Code, Lang: strings.Trim(trimmed, "`~ "), Text: strings.Join(lines[from:min(i, len(lines))], "\n")})
		case headLine.MatchString(line):
			flush()
			m := headLine.FindStringSubmatch(line)
			out = append(out, Block{Kind: Heading, Level: len(m[1]), Spans: spans(m[2])})
		case ruleLine.MatchString(line):
			flush()
			out = append(out, Block{Kind: Rule})
		case strings.HasPrefix(trimmed, ">"):
			flush()
			var quote []string
			for ; i < len(lines) && strings.HasPrefix(strings.TrimSpace(lines[i]), ">"); i++ {
				quote = append(quote, strings.TrimSpace(strings.TrimPrefix(strings.TrimSpace(lines[i]), ">")))
			}
			i--
			out = append(out, Block{Kind: Quote, Spans: spans(strings.Join(quote, "\n"))})
		case strings.Contains(line, "|") && i+1 < len(lines) && tableLine.MatchString(lines[i+1]):
			flush()
			b := Block{Kind: Table, Rows: [][][]Span{cells(line)}}
			for i += 2; i < len(lines) && strings.Contains(lines[i], "|"); i++ {
				b.Rows = append(b.Rows, cells(lines[i]))
			}
			i--
			out = append(out, b)
		case bulletLine.MatchString(line), numberLine.MatchString(line):
			flush()
			var b Block
			b, i = listBlock(lines, i)
			out = append(out, b)
		default:
			para = append(para, line)
		}
	}
	flush()
	return out
}

func listBlock(lines []string, i int) (Block, int) {
	b := Block{Kind: Bullets}
	match := bulletLine
	if m := numberLine.FindStringSubmatch(lines[i]); m != nil {
		b.Kind, match = Numbers, numberLine
		for _, c := range m[1] {
			b.Start = b.Start*10 + int(c-'0')
		}
	}
	for ; i < len(lines); i++ {
		m := match.FindStringSubmatch(lines[i])
		if m == nil {
			break
		}
		b.Items = append(b.Items, spans(m[len(m)-1]))
	}
	return b, i - 1
}

func cells(line string) [][]Span {
	line = strings.Trim(strings.TrimSpace(line), "|")
	var out [][]Span
	for c := range strings.SplitSeq(line, "|") {
		out = append(out, spans(strings.TrimSpace(c)))
	}
	return out
}

func spans(text string) []Span {
	var out []Span
	at := 0
	for _, m := range inline.FindAllStringIndex(text, -1) {
		if m[0] > at {
			out = append(out, Span{Text: text[at:m[0]]})
		}
		out = append(out, styled(text[m[0]:m[1]]))
		at = m[1]
	}
	if at < len(text) {
		out = append(out, Span{Text: text[at:]})
	}
	return out
}

func styled(s string) Span {
	switch {
	case s[0] == '`':
		return Span{Text: s[1 : len(s)-1], Code: true}
	case strings.HasPrefix(s, "**"), strings.HasPrefix(s, "__"):
		return Span{Text: s[2 : len(s)-2], Bold: true}
	case s[0] == '*':
		return Span{Text: s[1 : len(s)-1], Italic: true}
	case s[0] == '[':
		label, url, _ := strings.Cut(s[1:len(s)-1], "](")
		return Span{Text: label, Link: url}
	}
	url := strings.TrimRight(s, ".,;:!?")
	return Span{Text: s, Link: url}
}
