package mask

import "strings"

// Type is what a match is: one of the constants below or the name of a
// [Detector]. Lower case with underscores; the label is the same in upper case.
type Type string

// The types that are found without configuration.
const (
	TypeEmail           Type = "email"
	TypePhone           Type = "phone"
	TypeResidentNumber  Type = "resident_number"  // Korean resident registration number
	TypeForeignerNumber Type = "foreigner_number" // Korean foreigner registration number
	TypeBusinessNumber  Type = "business_number"  // Korean business registration number
	TypePassport        Type = "passport"
	TypeDriverLicense   Type = "driver_license" // Korean driver's licence
	TypeBankAccount     Type = "bank_account"
	TypeCard            Type = "card"
	TypeIP              Type = "ip"
	TypeAPIKey          Type = "api_key"
	TypePrivateKey      Type = "private_key"
	TypeJWT             Type = "jwt"
	TypeSecret          Type = "secret" // passwords and tokens by the name they are given or by their scheme
)

// TypeRedacted is a whole text that is replaced because of the name of its
// member ([Config.Keys]) or a rule ([Rule.Whole]). No detector finds it.
const TypeRedacted Type = "redacted"

var types = []Type{
	TypeEmail, TypePhone, TypeResidentNumber, TypeForeignerNumber, TypeBusinessNumber, TypePassport, TypeDriverLicense,
	TypeBankAccount, TypeCard, TypeIP, TypeAPIKey, TypePrivateKey, TypeJWT, TypeSecret,
}

// Types returns the types that a zero [Config] finds, in a fixed order.
func Types() []Type { return append([]Type(nil), types...) }

// Label returns the text that stands for a value of the type, as in "<EMAIL>".
func (t Type) Label() string { return "<" + strings.ToUpper(string(t)) + ">" }

// Match is a place where personal data or a secret was found.
type Match struct {
	Type Type
	// Start and End are offsets in bytes of the text: text[Start:End].
	Start, End int
	// Confidence is between 0 and 1: 0.5 for a form that context makes likely, 0.9 and above for a
	// form that says itself what it is or that a checksum confirms.
	Confidence float64
}
