package worddiff

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/langshark/langshark-go/internal/testkit"
)

func TestMain(m *testing.M) { testkit.Main(m) }

// show writes parts as {-gone-}{+come+}.
func show(parts []Part) string {
	var b strings.Builder
	for _, p := range parts {
		switch p.Op {
		case Equal:
			b.WriteString(p.Text)
		case Delete:
			b.WriteString("{-" + p.Text + "-}")
		case Insert:
			b.WriteString("{+" + p.Text + "+}")
		}
	}
	return b.String()
}

func TestDiff(t *testing.T) {
	for _, x := range []struct{ a, b, want string }{
		{"", "", ""},
		{"same", "same", "same"},
		{"", "new", "{+new+}"},
		{"old", "", "{-old-}"},
		{"Be kind, please.", "Be short, please.", "Be {-kind-}{+short+}, please."},
		{"Answer in one word.", "Answer in two long words.", "Answer in {-one word-}{+two long words+}."},
		{"서울의 날씨를 알려 주세요", "부산의 날씨를 알려 줘", "{-서울의-}{+부산의+} 날씨를 알려 {-주세요-}{+줘+}"},
		{"東京に行く", "京都に行く", "{-東-}京{+都+}に行く"},
		{"Hi {{name}}!", "Hi {{user}}!", "Hi {{{-name-}{+user+}}}!"},
		{"a\nb\n", "a\n\nb\n", "a\n{+\n+}b\n"},
		{"thumb 👍", "thumb 👍🏽", "thumb {-👍-}{+👍🏽+}"},
		{"👩‍💻 x", "👩 x", "{-👩‍💻-}{+👩+} x"},
		{"\ud55c", "\u1112\u1161\u11ab", "{-\ud55c-}{+\u1112\u1161\u11ab+}"}, // composed and decomposed
		{"a\xffb", "a\xfeb", "a{-\xff-}{+\xfe+}b"},
	} {
		if got := show(Diff(x.a, x.b)); got != x.want {
			t.Errorf("%q, %q: %s, want %s", x.a, x.b, got, x.want)
		}
	}
}

// check complains unless the parts are those of both texts.
func check(tb testing.TB, a, b string, parts []Part) {
	tb.Helper()
	var x, y strings.Builder
	for i, p := range parts {
		if p.Text == "" || i > 0 && (parts[i-1].Op == p.Op || p.Op == Delete && parts[i-1].Op == Insert) {
			tb.Fatalf("part %d of %.300v", i, parts)
		}
		if p.Op != Insert {
			x.WriteString(p.Text)
		}
		if p.Op != Delete {
			y.WriteString(p.Text)
		}
	}
	if x.String() != a || y.String() != b {
		tb.Fatalf("%.200q and %.200q became %.200q and %.200q", a, b, x.String(), y.String())
	}
}

// TestFewest compares with the length of the longest common sequence.
func TestFewest(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 3000 {
		a, b := some(r), some(r)
		left := budget
		runs, ok := compare(a, b, &left)
		var equal, gone, come int
		for _, run := range runs {
			switch run.op {
			case Equal:
				for i := range run.n {
					if a[equal+gone+i] != b[equal+come+i] {
						t.Fatalf("%v %v: %v calls different ones equal", a, b, runs)
					}
				}
				equal += run.n
			case Delete:
				gone += run.n
			case Insert:
				come += run.n
			}
		}
		if want := common(a, b); !ok || equal != want || equal+gone != len(a) || equal+come != len(b) {
			t.Fatalf("%v %v: %v, want %d equal", a, b, runs, want)
		}
	}
}

func some(r *rand.Rand) []int32 {
	list := make([]int32, r.IntN(14))
	for i := range list {
		list[i] = r.Int32N(4)
	}
	return list
}

// common is the length of the longest common sequence.
func common(a, b []int32) int {
	row := make([]int, len(b)+1)
	for _, v := range a {
		last := 0
		for j, w := range b {
			above := row[j+1]
			if v == w {
				row[j+1] = last + 1
			} else {
				row[j+1] = max(row[j+1], row[j])
			}
			last = above
		}
	}
	return row[len(b)]
}

// TestBounded has texts that a comparison by words is too much for.
func TestBounded(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	random := func(n int, line int) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprint(&b, r.IntN(50))
			b.WriteString([]string{" ", "\n"}[min(1, (i+1)%line/(line-1))])
		}
		return b.String()
	}
	block := random(5000, 10)
	for name, x := range map[string][2]string{
		"all differs":            {random(60_000, 10), random(60_000, 10)},
		"without lines":          {random(60_000, 1<<30), random(60_000, 1<<30)},
		"one word, many times":   {strings.Repeat("a ", 80_000) + "b", "c " + strings.Repeat("a ", 60_000)},
		"much before what stays": {random(5000, 10) + "\n" + block, random(5000, 10) + "\n" + block},
	} {
		parts := Diff(x[0], x[1])
		check(t, x[0], x[1], parts)
		if name == "much before what stays" && !strings.HasSuffix(parts[len(parts)-1].Text, block) {
			t.Errorf("%s: %d parts, the last is not what stays", name, len(parts))
		}
	}
	// By words it would be too much, by lines not: the words of single lines are found.
	var a, b strings.Builder
	for i := range 3000 {
		same := fmt.Sprintf("line %d is the same\n", i)
		fmt.Fprintf(&a, "%sold %d\n", same, i)
		fmt.Fprintf(&b, "%snew %d\n", same, i)
	}
	parts := Diff(a.String(), b.String())
	check(t, a.String(), b.String(), parts)
	if len(parts) != 3*3000+1 {
		t.Errorf("by lines: %d parts", len(parts))
	}
	left := 100
	if _, ok := compare([]int32{1, 2, 3, 4, 5, 6, 7, 8, 9, 10}, []int32{11, 12, 13, 14, 15, 16, 17, 18, 19, 20}, &left); ok || left >= 0 {
		t.Errorf("%d steps left, %t", left, ok)
	}
}

func TestSteps(t *testing.T) {
	got := fmt.Sprint(Steps([]string{"a", "b", "c"}, []string{"a", "x", "c", "d"}))
	if got != "[{equal 1} {delete 1} {insert 1} {equal 1} {insert 1}]" && got != "[{equal 1} {insert 1} {delete 1} {equal 1} {insert 1}]" {
		t.Error(got)
	}
}

func FuzzDiff(f *testing.F) {
	for _, seed := range [][2]string{{"a b", "a c"}, {"안녕 하세요", "안녕히 가세요"}, {"\xff\n", "👩‍💻\n\n"}, {"", " \t"}} {
		f.Add(seed[0], seed[1])
	}
	f.Fuzz(func(t *testing.T, a, b string) { check(t, a, b, Diff(a, b)) })
}
