package jsonx

import "time"

// TimeLayout is ISO 8601 in UTC with microseconds, as in 2026-11-23T09:30:00.123456Z.
const TimeLayout = "2006-01-02T15:04:05.000000Z"

// AppendTime appends t in UTC as [TimeLayout] has it.
func AppendTime(dst []byte, t time.Time) []byte {
	unix, nanos := t.Unix(), t.Nanosecond()
	if unix < 0 || unix >= 253402300800 { // before 1970, or after 9999
		return t.UTC().AppendFormat(dst, TimeLayout)
	}
	days, seconds := uint32(unix/86400), uint32(unix%86400)
	year, month, day := civil(days)
	micros := uint32(nanos) / 1000
	b := [len(TimeLayout)]byte{4: '-', 7: '-', 10: 'T', 13: ':', 16: ':', 19: '.', 26: 'Z'}
	two(&b, 0, year/100)
	two(&b, 2, year%100)
	two(&b, 5, month)
	two(&b, 8, day)
	two(&b, 11, seconds/3600)
	two(&b, 14, seconds/60%60)
	two(&b, 17, seconds%60)
	two(&b, 20, micros/10000)
	two(&b, 22, micros/100%100)
	two(&b, 24, micros%100)
	return append(dst, b[:]...)
}

func two(b *[len(TimeLayout)]byte, at int, n uint32) {
	b[at], b[at+1] = byte('0'+n/10), byte('0'+n%10)
}

// civil returns the date of a number of days after 1970-01-01 in the Gregorian
// calendar: the year is taken to begin in March, so that the leap day is its last.
func civil(days uint32) (year, month, day uint32) {
	days += 719468 // days from 0000-03-01 to 1970-01-01
	era, ofEra := days/146097, days%146097
	yearOfEra := (ofEra - ofEra/1460 + ofEra/36524 - ofEra/146096) / 365
	ofYear := ofEra - (365*yearOfEra + yearOfEra/4 - yearOfEra/100)
	fromMarch := (5*ofYear + 2) / 153
	day = ofYear - (153*fromMarch+2)/5 + 1
	month = fromMarch + 3
	if month > 12 {
		month -= 12
	}
	year = yearOfEra + era*400
	if month <= 2 {
		year++
	}
	return year, month, day
}
