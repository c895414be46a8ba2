package cost

import (
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strings"
)

// maxClauses bounds how deep matches nest.
const maxClauses = 20

// genaiPattern makes a regular expression of match clauses.
func genaiPattern(match map[string]json.RawMessage, depth int) (string, error) {
	if len(match) != 1 || depth > maxClauses {
		return "", errors.New("match: give one of equals, starts_with, ends_with, contains, regex and or")
	}
	for kind, raw := range match {
		if kind == "or" {
			var list []map[string]json.RawMessage
			if err := json.Unmarshal(raw, &list); err != nil || len(list) == 0 {
				return "", errors.New("match: or has no list of clauses")
			}
			parts := make([]string, len(list))
			for i, clause := range list {
				var err error
				if parts[i], err = genaiPattern(clause, depth+1); err != nil {
					return "", err
				}
			}
			return strings.Join(parts, "|"), nil
		}
		var text string
		if err := json.Unmarshal(raw, &text); err != nil {
			return "", fmt.Errorf("match: %s: %w", kind, err)
		}
		switch kind {
		case "equals":
			return regexp.QuoteMeta(text), nil
		case "starts_with":
			return regexp.QuoteMeta(text) + ".*", nil
		case "ends_with":
			return ".*" + regexp.QuoteMeta(text), nil
		case "contains":
			return ".*" + regexp.QuoteMeta(text) + ".*", nil
		case "regex": // a part of the name, unless it says otherwise
			return ".*(?:" + text + ").*", nil
		}
		return "", fmt.Errorf("match: %q isn't known", kind)
	}
	return "", nil
}
