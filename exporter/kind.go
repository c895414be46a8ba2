package exporter

// Kind is the kind of an observation. The zero Kind is KindSpan.
type Kind uint8

// The kinds of observations, as current Langfuse knows them.
const (
	KindSpan Kind = iota
	KindGeneration
	KindEvent
	KindAgent
	KindTool
	KindChain
	KindRetriever
	KindEmbedding
	KindEvaluator
	KindGuardrail
)

var kindNames = [...]string{"span", "generation", "event", "agent", "tool", "chain", "retriever", "embedding", "evaluator", "guardrail"}

// String returns the kind in lower case, as in "generation".
func (k Kind) String() string {
	if int(k) < len(kindNames) {
		return kindNames[k]
	}
	return kindNames[KindSpan]
}

// ParseKind returns the kind named s, in lower case.
func ParseKind(s string) (Kind, bool) {
	for i, name := range kindNames {
		if name == s {
			return Kind(i), true
		}
	}
	return KindSpan, false
}

// IsGeneration reports whether observations of the kind have a model, usage
// and cost: generation and embedding.
func (k Kind) IsGeneration() bool { return k == KindGeneration || k == KindEmbedding }

// Level is the severity of an observation. The zero Level is LevelDefault.
type Level uint8

// The levels of observations.
const (
	LevelDefault Level = iota
	LevelDebug
	LevelWarning
	LevelError
)

// String returns the level in upper case, as on the wire.
func (l Level) String() string {
	switch l {
	case LevelDefault:
	case LevelDebug:
		return "DEBUG"
	case LevelWarning:
		return "WARNING"
	case LevelError:
		return "ERROR"
	}
	return "DEFAULT"
}
