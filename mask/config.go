package mask

import "github.com/langshark/langshark-go/exporter"

// Mode is how a match is replaced.
type Mode uint8

// The modes. ModeDefault is that of the level above: of the type, then of the Config, then ModeLabel.
const (
	ModeDefault Mode = iota
	// ModeLabel writes the type: <EMAIL>.
	ModeLabel
	// ModePartial keeps what people need to recognise a value: 010-****-5678, k***@example.com, a
	// card's last four digits. Types without such a form get stars or their label.
	ModePartial
	// ModeHash writes the type and 16 hexadecimal digits of HMAC-SHA256 under Config.HashKey:
	// <EMAIL:3f9a61c0de0b7a25>. Equal values have equal hashes however they are written: separators
	// of numbers, +82 and case of e-mail addresses make no difference.
	ModeHash
	// ModeKeep leaves the value as it is.
	ModeKeep

	modeEnd
)

// Defaults of a Config.
const (
	DefaultMinConfidence = 0.5
	MinHashKeyBytes      = 16
)

// Config is what a Masker looks for and what it writes instead. The zero Config
// looks for all [Types] and writes labels.
type Config struct {
	// Types are what is looked for. Defaults to all of [Types] (nil); empty and not nil means that only
	// Detectors and Keys apply.
	Types []Type
	// Without are types that are not looked for.
	Without []Type
	// Mode is how matches are replaced. Defaults to ModeLabel.
	Mode Mode
	// Modes are exceptions from Mode; the names of Detectors and TypeRedacted may be among the types.
	Modes map[Type]Mode
	// HashKey is the key of ModeHash, at least MinHashKeyBytes long. It is copied. Values of few
	// possibilities, such as phone numbers, can be found again by anyone who has the key.
	HashKey []byte
	// Rules are exceptions for places. The first that fits decides.
	Rules []Rule
	// Keys are names of object members whose whole value is replaced by <REDACTED>, whatever it is. Case
	// and separators make no difference, and leading words neither: "password" is also DB_PASSWORD and
	// dbPassword, but not password_hint. Defaults to [DefaultKeys] (nil); empty and not nil means none.
	Keys []string
	// Allow are texts that are never masked, such as a company's own address. A match equal to one is left.
	Allow []string
	// AllowPatterns are the same as regular expressions (RE2) that must fit the whole match.
	AllowPatterns []string
	// Detectors find further types.
	Detectors []Detector
	// MinConfidence is the least confidence of a match, between 0 and 1. Defaults to
	// DefaultMinConfidence (0). With 0.7 numbers that only context makes likely are left.
	MinConfidence float64
}

// Rule is an exception for a place. A list that is empty fits all; all lists
// must fit. Rules with Kinds or Fields do not apply to [Masker.String] and
// [Masker.Find], whose text has no place.
type Rule struct {
	Kinds  []exporter.Kind
	Fields []Field
	// Keys are names of members, compared as those of Config.Keys.
	Keys []string
	// Types are those the rule is about, TypeRedacted and names of Detectors included.
	Types []Type
	// Mode is how they are replaced there.
	Mode Mode
	// Whole replaces the whole text by <REDACTED>, whatever it holds. It goes with neither Types nor Mode.
	Whole bool
}

// Detector finds a further type by a regular expression.
type Detector struct {
	// Name is the type of its matches: lower-case letters, digits and underscores, first a letter, and not
	// one of [Types].
	Name Type
	// Pattern is a regular expression (RE2). If it has a group, the first group is the match. Where the
	// text has full-width digits or hidden characters, it sees them in ASCII and left out.
	Pattern string
	// Validate, if set, is asked whether a match is one. It must be safe for concurrent use. When it
	// panics, [Masker.Mask] returns an error.
	Validate func(value string) bool
	// Keywords, if set, are texts of which one must occur, in the same case, for the Pattern to be
	// tried at all. Without them every text is searched, which costs about 20 µs a KB.
	Keywords []string
	// Confidence settles overlaps. Defaults to 0.8 (0).
	Confidence float64
}
