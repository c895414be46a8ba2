package mask

import (
	"regexp"
	"strings"
)

// custom is a compiled Detector.
type custom struct {
	Detector
	re *regexp.Regexp
}

// find adds the detector's matches in sc's text.
func (d *custom) find(sc *scan) {
	if len(d.Keywords) > 0 {
		some := false
		for _, k := range d.Keywords {
			if some = strings.Contains(sc.s, k); some {
				break
			}
		}
		if !some {
			return
		}
	}
	for _, loc := range d.re.FindAllStringSubmatchIndex(sc.s, -1) {
		start, end := loc[0], loc[1]
		if len(loc) > 2 && loc[2] >= 0 {
			start, end = loc[2], loc[3]
		}
		if start < end && (d.Validate == nil || d.Validate(sc.s[start:end])) {
			sc.add(d.Name, start, end, d.Confidence)
		}
	}
}
