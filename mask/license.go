package mask

// license looks for a Korean driver's licence: NN-NN-NNNNNN-NN, of which the
// first two digits are the region, 11 to 28; twelve digits where the words say so.
func (sc *scan) license(d *number) int {
	n := 1
	if d.size(0) == 2 {
		n = 4
		if !d.shape(2, 2, 6, 2) || !d.joined(4, "- ") {
			return 0
		}
	}
	if region := d.group(0)[:2]; region < "11" || region > "28" || !d.clean(n) {
		return 0
	}
	switch is := sc.before(d.start[0]); {
	case is == contextLicense:
		return sc.hit(TypeDriverLicense, d.start[0], d.end[n-1], 0.95)
	case n == 1, is == contextOther:
		return 0
	case d.sep(0) == " ":
		return sc.hit(TypeDriverLicense, d.start[0], d.end[n-1], 0.6)
	}
	return sc.hit(TypeDriverLicense, d.start[0], d.end[n-1], 0.85)
}
