//go:build !noui

package ui

import (
	"fmt"
	"time"

	"github.com/langshark/langshark-go/exporter"
	"github.com/langshark/langshark-go/server/query"
	"github.com/langshark/langshark-go/server/store"
)

type dict = map[string]any

func turn(role string, content any) dict { return dict{"role": role, "content": content} }

func callOf(id, name, arguments string) dict {
	return dict{"id": id, "type": "function", "function": dict{"name": name, "arguments": arguments}}
}

func tokensOf(input, cached, output, reasoning int64) *store.Usage {
	u := &store.Usage{Unit: "TOKENS", Input: input, Output: output, Total: input + output, Details: map[string]int64{
		"input": input - cached, "output": output - reasoning, "total": input + output,
	}}
	if cached > 0 {
		u.Details["input_cached_tokens"] = cached
	}
	if reasoning > 0 {
		u.Details["output_reasoning_tokens"] = reasoning
	}
	return u
}

const support = "You are Haru, the support agent of Bada Store. Answer in the customer's language. Use tools for orders and refunds; never guess a delivery date."

// supportTrace is a whole turn of a Korean support bot: guard, retrieval, two
// tools and a streamed answer.
func supportTrace(id string, start time.Time) query.TraceDetail {
	question := "주문번호 20394 언제 도착하나요? 그리고 배송이 늦어지면 환불 받을 수 있나요?"
	answer := "주문하신 **무선 이어폰(주문 20394)** 은 현재 *대전 허브*를 출발했고, **11월 25일(수)** 도착 예정입니다.\n\n" +
		"환불은 이렇게 진행됩니다.\n\n1. 예정일보다 3일 이상 늦어지면 전액 환불을 요청할 수 있어요.\n2. `마이페이지 → 주문 내역`에서 신청하면 됩니다.\n3. 환불은 영업일 기준 3~5일 안에 처리돼요.\n\n더 궁금한 점이 있으면 말씀해 주세요!"
	b := newTrace("p1", id, "support-chat", start)
	b.UserID, b.SessionID = "minji.kim", "chat-7f3a"
	b.Tags = []string{"korean", "orders", "vip"}
	b.Environment, b.Release, b.Version = "production", "2026.11.2", "v3"
	b.Input, b.Output = raw(dict{"messages": []any{turn("user", question)}}), raw(turn("assistant", answer))
	b.Metadata = raw(dict{"channel": "web", "locale": "ko-KR", "experiment": dict{"name": "rerank-v2", "arm": "B"}, "page": 3})
	b.step(step{id: id + "a1", kind: exporter.KindAgent, name: "support-chat", length: 4820 * time.Millisecond, in: dict{"question": question}, out: answer})
	b.step(step{id: id + "a2", parent: id + "a1", kind: exporter.KindGuardrail, name: "pii-check", at: 6 * time.Millisecond, length: 38 * time.Millisecond, in: question, out: dict{"passed": true, "findings": []any{}}})
	b.step(step{
		id: id + "a3", parent: id + "a1", kind: exporter.KindRetriever, name: "search-faq", at: 52 * time.Millisecond, length: 310 * time.Millisecond,
		in: dict{"query": question, "k": 4}, out: []any{
			dict{"id": "faq-112", "score": 0.91, "title": "배송 지연과 환불", "text": "예정일보다 3일 이상 늦어지면 전액 환불을 요청할 수 있습니다."},
			dict{"id": "faq-040", "score": 0.83, "title": "환불 처리 기간", "text": "영업일 기준 3~5일"},
		},
	})
	b.step(step{id: id + "a4", parent: id + "a3", kind: exporter.KindEmbedding, name: "embed-query", at: 58 * time.Millisecond, length: 96 * time.Millisecond, model: "text-embedding-3-small", usage: tokensOf(42, 0, 0, 0), cost: 0.00000084, in: question})
	b.step(step{
		id: id + "a5", parent: id + "a1", kind: exporter.KindGeneration, name: "plan", at: 370 * time.Millisecond, length: 1140 * time.Millisecond, first: 410 * time.Millisecond,
		model: "gpt-4o-mini-2024-07-18", usage: tokensOf(1184, 1024, 61, 0), cost: 0.000137,
		in: dict{"model": "gpt-4o-mini", "tools": []any{dict{}, dict{}}, "messages": []any{turn("system", support), turn("user", question)}},
		out: dict{"role": "assistant", "content": nil, "tool_calls": []any{
			callOf("call_a81", "get_order", `{"order_id":"20394","fields":["status","eta","carrier"]}`),
			callOf("call_a82", "refund_policy", `{"reason":"late_delivery"}`),
		}},
	})
	b.step(step{
		id: id + "a6", parent: id + "a1", kind: exporter.KindTool, name: "get_order", at: 1530 * time.Millisecond, length: 640 * time.Millisecond,
		in: dict{"order_id": "20394"}, out: dict{"status": "in_transit", "eta": "2026-11-25", "carrier": "CJ대한통운", "hub": "대전"},
	})
	b.step(step{
		id: id + "a7", parent: id + "a1", kind: exporter.KindTool, name: "refund_policy", at: 1535 * time.Millisecond, length: 220 * time.Millisecond,
		level: exporter.LevelWarning, status: "policy cache is 26 h old; used the stale copy", in: dict{"reason": "late_delivery"}, out: dict{"days": 3, "refund": "full"},
	})
	b.step(step{id: id + "a8", parent: id + "a1", kind: exporter.KindEvent, name: "cache-miss", at: 1700 * time.Millisecond, level: exporter.LevelDebug, in: dict{"key": "policy:late"}})
	b.step(step{
		id: id + "a9", parent: id + "a1", kind: exporter.KindGeneration, name: "answer", at: 2200 * time.Millisecond, length: 2560 * time.Millisecond, first: 690 * time.Millisecond,
		model: "gpt-4o-2024-08-06", usage: tokensOf(1630, 1152, 214, 64), cost: 0.004775,
		in: dict{"model": "gpt-4o", "tools": []any{dict{}, dict{}}, "messages": []any{
			turn("system", support), turn("user", question),
			dict{"role": "assistant", "content": nil, "tool_calls": []any{callOf("call_a81", "get_order", `{"order_id":"20394"}`)}},
			dict{"role": "tool", "tool_call_id": "call_a81", "content": `{"status":"in_transit","eta":"2026-11-25","hub":"대전"}`},
		}},
		out: turn("assistant", answer), metadata: dict{"finish_reason": "stop", "service_tier": "default"},
	})
	n := 0.94
	yes := 1.0
	b.Scores = []store.Score{
		{ProjectID: "p1", ID: "s1", TraceID: id, Name: "faithfulness", Type: exporter.ScoreNumeric, Number: &n, Comment: "두 문장 모두 검색된 문서에 근거가 있음", Source: "EVAL", Timestamp: start},
		{ProjectID: "p1", ID: "s2", TraceID: id, Name: "thumbs-up", Type: exporter.ScoreBoolean, Number: &yes, Text: "True", Source: "API", Timestamp: start},
		{ProjectID: "p1", ID: "s3", TraceID: id, ObservationID: id + "a9", Name: "tone", Type: exporter.ScoreCategorical, Text: "friendly", Source: "ANNOTATION", Timestamp: start},
	}
	return b.TraceDetail
}

// brokenTrace ends in an error of the provider.
func brokenTrace(id string, start time.Time) query.TraceDetail {
	b := newTrace("p1", id, "support-chat", start)
	b.UserID, b.SessionID, b.Tags, b.Environment = "alex.morgan", "chat-91bc", []string{"english"}, "production"
	b.Input = raw(dict{"messages": []any{turn("user", "I was charged twice for order 20401. Can you fix it?")}})
	b.step(step{id: id + "b1", kind: exporter.KindAgent, name: "support-chat", length: 12410 * time.Millisecond, level: exporter.LevelError, status: "answer: provider returned 429"})
	b.step(step{id: id + "b2", parent: id + "b1", kind: exporter.KindTool, name: "find_charges", at: 80 * time.Millisecond, length: 420 * time.Millisecond, in: dict{"order_id": "20401"}, out: dict{"charges": 2, "amount": 39.9}})
	b.step(step{
		id: id + "b3", parent: id + "b1", kind: exporter.KindGeneration, name: "answer", at: 520 * time.Millisecond, length: 11890 * time.Millisecond, level: exporter.LevelError,
		status: `429 Too Many Requests: {"error":{"type":"rate_limit_exceeded","message":"Rate limit reached for gpt-4o: 30000 TPM. Please try again in 1.2s."}}`,
		model:  "gpt-4o", in: []any{turn("system", support), turn("user", "I was charged twice for order 20401. Can you fix it?")},
	})
	return b.TraceDetail
}

func simpleTrace(i int, start time.Time) query.TraceDetail {
	asked := []string{"Where can I change my delivery address?", "쿠폰이 적용되지 않아요", "Does the earphone work with Android 16?", "영수증을 다시 받고 싶어요", "Please summarise my last three orders"}
	said := []string{"Open **My page → Addresses**; it applies to orders that have not left the warehouse.", "쿠폰은 3만 원 이상 주문에만 적용됩니다. 장바구니 금액을 확인해 주세요.", "Yes, with Bluetooth 5.3 and LE Audio.", "주문 내역에서 '영수증 보기'를 누르면 PDF로 받을 수 있습니다.", "You ordered earphones, a USB-C cable and a phone case in October."}
	users := []string{"minji.kim", "alex.morgan", "joon.park"}
	names := []string{"support-chat", "support-chat", "product-qa", "support-chat", "summarise-orders"}
	k := i % len(asked)
	id := fmt.Sprintf("%032x", 0x51a0+i)
	b := newTrace("p1", id, names[k], start)
	b.UserID, b.SessionID = users[i%3], fmt.Sprintf("chat-%04x", 0x2b00+i/3)
	b.Environment = "production"
	if k == 2 {
		b.Environment, b.SessionID = "staging", ""
	}
	b.Tags = [][]string{{"english"}, {"korean", "coupon"}, {"english"}, {"korean"}, {"batch"}}[k]
	b.Input, b.Output = raw([]any{turn("system", support), turn("user", asked[k])}), raw(said[k])
	length := time.Duration(600+(i*977)%3400) * time.Millisecond
	b.step(step{id: id + "1", kind: exporter.KindChain, name: names[k], length: length})
	b.step(step{
		id: id + "2", parent: id + "1", kind: exporter.KindGeneration, name: "answer", at: 40 * time.Millisecond, length: length - 60*time.Millisecond, first: length / 4,
		model: "gpt-4o-mini", usage: tokensOf(int64(300+i*37%900), 0, int64(40+i*13%160), 0), cost: 0.00009 + float64(i%7)*0.00004,
	})
	return b.TraceDetail
}

func runningTrace(id string, start time.Time) query.TraceDetail {
	b := newTrace("p1", id, "nightly-report", start)
	b.UserID, b.Tags = "scheduler", []string{"batch"}
	b.step(step{id: id + "c1", kind: exporter.KindAgent, name: "nightly-report", running: true, in: dict{"day": "2026-11-22"}})
	b.step(step{id: id + "c2", parent: id + "c1", kind: exporter.KindTool, name: "load-orders", at: 20 * time.Millisecond, length: 1800 * time.Millisecond, out: dict{"rows": 18234}})
	b.step(step{id: id + "c3", parent: id + "c1", kind: exporter.KindGeneration, name: "summarise", at: 1850 * time.Millisecond, running: true, model: "claude-sonnet-4"})
	b.Rollup.Latency = 0
	return b.TraceDetail
}

// bigTrace has n observations, six levels deep.
func bigTrace(id string, n int, start time.Time) query.TraceDetail {
	b := newTrace("p1", id, "crawl", start)
	kinds := []exporter.Kind{exporter.KindSpan, exporter.KindTool, exporter.KindGeneration, exporter.KindRetriever, exporter.KindChain}
	for i := range n {
		parent := ""
		if i > 0 {
			parent = fmt.Sprintf("n%d", (i-1)/6)
		}
		at := time.Duration(i) * 3 * time.Millisecond
		length := time.Duration(20+i%90) * time.Millisecond
		if i < n/6 {
			length = time.Duration(n-i) * 3 * time.Millisecond
		}
		b.step(step{id: fmt.Sprintf("n%d", i), parent: parent, kind: kinds[i%len(kinds)], name: fmt.Sprintf("step-%d", i), at: at, length: length})
	}
	return b.TraceDetail
}

// seeded has a day of a support bot up to now.
func seeded(now time.Time) *fake {
	f := &fake{}
	f.add(supportTrace("4bf92f3577b34da6a3ce929d0e0e4736", now.Add(-40*time.Second)))
	f.add(brokenTrace("9d1c0e6f2a7b4c58b1e3f5a7c9d0e2f4", now.Add(-95*time.Second)))
	f.add(runningTrace("77aa0e6f2a7b4c58b1e3f5a7c9d0e2aa", now.Add(-8*time.Second)))
	for i := range 70 {
		f.add(simpleTrace(i, now.Add(-time.Duration(120+i*i*3)*time.Second)))
	}
	return f
}

var testProjects = []store.Project{{ID: "p1", Name: "bada-support"}, {ID: "p2", Name: "staging"}}
