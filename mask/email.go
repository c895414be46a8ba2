package mask

import "strings"

const (
	maxLocalBytes  = 64
	maxDomainBytes = 253
)

// email looks for an address around the '@' at i and returns where to go on.
func (sc *scan) email(i int) int {
	s := sc.s
	start := i
	for start > sc.from && i-start <= maxLocalBytes && chars[s[start-1]]&setLocal != 0 {
		start--
	}
	sc.work += i - start
	for start < i && !isAlnum(s[start]) && s[start] != '_' && s[start] != '+' {
		start++
	}
	if start == i || i-start > maxLocalBytes {
		return i + 1
	}
	end := sc.domain(i + 1)
	if end == 0 || s[start:i] == "git" && sc.at(end) == ':' {
		return i + 1
	}
	return sc.hit(TypeEmail, start, end, 0.95)
}

// notDomains are endings of files that no top-level domain has: logo@2x.png.
const notDomains = " png jpg jpeg gif svg webp css js ts jsx tsx html pdf json yaml yml txt "

// domain returns the end of the domain that begins at i, 0 if there is none.
func (sc *scan) domain(i int) int {
	s := sc.s
	limit := min(len(s), i+maxDomainBytes)
	end, label := 0, i
	j := i
	for ; j < limit; j++ {
		c := s[j]
		if isAlnum(c) || c == '-' && j > label {
			continue
		}
		if label > i {
			end = sc.topLevel(i, label, j, end)
		}
		if c != '.' || j == label {
			break
		}
		label = j + 1
	}
	sc.work += j - i
	if j == limit && label > i {
		end = sc.topLevel(i, label, j, end)
	}
	return end
}

// topLevel returns label's end if s[label:j] may be a top-level domain, else what was the end before.
func (sc *scan) topLevel(i, label, j, before int) int {
	for j > label && sc.s[j-1] == '-' {
		j--
	}
	tld := sc.s[label:j]
	if len(tld) < 2 || len(tld) > 24 || label-i < 2 {
		return before
	}
	if strings.HasPrefix(tld, "xn--") {
		return j
	}
	for k := range len(tld) {
		if !isAlpha(tld[k]) {
			return before
		}
	}
	if before == 0 && len(tld) <= 4 && strings.Contains(notDomains, " "+tld+" ") {
		return 0
	}
	return j
}
