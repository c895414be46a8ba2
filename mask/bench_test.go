package mask_test

import (
	"strings"
	"testing"

	"github.com/langshark/langshark-go/mask"
)

const (
	cleanEnglish = `The assistant should answer in a friendly tone, and cite the paragraph it relied on. When the documents disagree, say so, and
prefer the more recent one. Our store opened in 1998 and has grown to 42 branches since; on weekdays we are open from 9:30 to 18:00. If a customer
asks for a refund, explain that it takes 3-5 days. "Is it possible to change the colour?" - yes, before it was sent. Don't make up prices. `
	cleanKorean = `고객님의 문의에 친절하게 답변하고, 근거가 된 문단을 함께 알려 주세요. 문서의 내용이 서로 다르면 그렇다고 말하고 더 최근의 문서를 따릅니다.
저희 매장은 1998년에 문을 열어 지금은 42개 지점이 있으며, 평일 9시 30분부터 18시까지 영업합니다. 환불은 보통 3일에서 5일이 걸린다고 안내해 주시고, 가격을 지어내지 마세요.
배송이 시작되기 전에는 색상을 바꿀 수 있습니다. `
	cleanJSON = `{"id":"chatcmpl-9xYbCdEfGh","object":"chat.completion","created":1700000000,"model":"gpt-4o-mini","choices":[{"index":0,"message":
{"role":"assistant","content":"func (s *Store) Get(ctx context.Context, id int64) (*Row, error) { return s.rows[id], nil }","tool_calls":null},
"finish_reason":"stop","logprobs":null}],"usage":{"prompt_tokens":1245,"completion_tokens":87,"total_tokens":1332},"price":12.5,"total":129900,
"when":"2024-05-01T10:20:30Z","trace_id":"0af7651916cd43dd8448eb211c80319c","score":0.8731,"tags":["a-b","c_d"]}
`
	cleanGo = `// Get returns the row of the id, or ErrNotFound.
func (s *Store) Get(ctx context.Context, id int64) (*Row, error) {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	row := s.db.QueryRowContext(ctx, "SELECT id, name, created_at FROM rows WHERE id = ?", id)
	var r Row
	if err := row.Scan(&r.ID, &r.Name, &r.CreatedAt); errors.Is(err, sql.ErrNoRows) {
		return nil, fmt.Errorf("store: row %d: %w", id, ErrNotFound)
	} else if err != nil {
		return nil, err
	}
	return &r, nil
}
`
	dirtyText = `Kim called from 010-1234-5678 (kim.minsu@example.com) about card 4111 1111 1111 1111; 주민등록번호 900101-1234568, 계좌 110-123-456789.
Login from 203.0.113.77 with password=hunter2 and key sk-proj-abcDEF1234567890abcDEF1234. `
)

func BenchmarkMask(b *testing.B) {
	m := masker(b, mask.Config{})
	for _, c := range []struct{ name, text string }{
		{"clean/english", strings.Repeat(cleanEnglish, 20)},
		{"clean/korean", strings.Repeat(cleanKorean, 20)},
		{"clean/json", strings.Repeat(cleanJSON, 20)},
		{"clean/go", strings.Repeat(cleanGo, 20)},
		{"dirty", strings.Repeat(dirtyText, 20)},
	} {
		b.Run(c.name, func(b *testing.B) {
			b.SetBytes(int64(len(c.text)))
			b.ReportAllocs()
			for b.Loop() {
				if _, err := m.Mask(mask.Text{Text: c.text}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// masker returns a Masker of a Config that must be right.
func masker(tb testing.TB, cfg mask.Config) *mask.Masker {
	tb.Helper()
	m, err := mask.New(cfg)
	if err != nil {
		tb.Fatal(err)
	}
	return m
}
