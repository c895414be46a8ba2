//go:build !noui

package ui

import (
	"errors"
	"fmt"
	"html"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/langshark/langshark-go/server/catalog"
	"github.com/langshark/langshark-go/server/ingest"
	"github.com/langshark/langshark-go/server/store"
	"github.com/langshark/langshark-go/server/ui/internal/message"
	"github.com/langshark/langshark-go/server/ui/internal/view"
)

var (
	koreanPage = view.Page{Printer: message.For(message.Korean)}
	alert      = regexp.MustCompile(`(?s)(?:role="alert"|class="field-error")[^>]*>(.*?)</(?:p|div)>`)
	tags       = regexp.MustCompile(`<[^>]*>`)
)

// alerts are the texts of what a page refuses.
func alerts(body string) string {
	var texts []string
	for _, m := range alert.FindAllStringSubmatch(body, -1) {
		texts = append(texts, strings.TrimSpace(html.UnescapeString(tags.ReplaceAllString(m[1], ""))))
	}
	return strings.Join(texts, "\n")
}

// refer is a reference to what a name has in production.
func refer(name string) string { return "@@@langfusePrompt:name=" + name + "|label=production@@@" }

// TestRefusalsAreKorean asks for what can't be done, as a reader of Korean does.
func TestRefusalsAreKorean(t *testing.T) {
	h := newHub(t)
	h.viewer = Viewer{Name: "kim", Role: "writer"}
	type m = map[string]any
	live := []string{"production"}
	h.create(m{"name": "a", "prompt": "x", "labels": live})
	h.create(m{"name": "b", "prompt": refer("a"), "labels": live})
	h.create(m{"name": "c", "prompt": refer("b"), "labels": live})
	h.create(m{"name": "상담/인사", "prompt": "x", "labels": []string{"production", "staging"}})
	h.create(m{"name": "상담/인사", "prompt": "y"})
	h.create(m{"name": "chat", "type": "chat", "prompt": []m{{"role": "user", "content": "x"}}, "labels": live})
	h.create(m{"name": "d0", "prompt": "x", "labels": live})
	for i := range catalog.MaxPromptDepth { // one more is too deep
		h.create(m{"name": fmt.Sprint("d", i+1), "prompt": refer(fmt.Sprint("d", i)), "labels": live})
	}
	if err := h.catalog.ProtectLabel(t.Context(), "p1", catalog.ProtectedLabel{Label: "staging", Keys: []string{"pk-ci"}, Roles: []string{"lead"}}); err != nil {
		t.Fatal(err)
	}
	version := func(name string, change url.Values) url.Values {
		form := newForm(url.Values{"name": {name}, "from": {"1"}, "newest": {"1"}})
		maps.Copy(form, change)
		return form
	}
	label := func(change url.Values) url.Values {
		form := url.Values{"name": {"상담/인사"}, "version": {"2"}, "action": {"move"}, "label": {"production"}}
		maps.Copy(form, change)
		return form
	}
	experiment := func(prompt string, pairs ...string) url.Values {
		form := url.Values{"name": {prompt}, "experiment": {"어조"}, "do": {"save"}}
		for i := 0; i < len(pairs); i += 3 {
			form.Add("variant", pairs[i])
			form.Add("version", pairs[i+1])
			form.Add("percent", pairs[i+2])
		}
		return form
	}
	for _, x := range []struct {
		path   string
		form   url.Values
		status int
		want   string
	}{
		{"new", version("a", url.Values{"prompt": {refer("c")}, "production": {"1"}}), 422, "프롬프트 참조가 순환합니다: a → c → b → a. 참조를 하나 빼서 고리를 끊으세요."},
		{"new", newForm(url.Values{"prompt": {refer("없는/것")}}), 422, "프롬프트 shop/greet에서 참조한 대상이 없습니다: '없는/것'(라벨 'production'). 프롬프트를 만들거나, 라벨을 옮기거나, 참조를 고치세요."},
		{"new", newForm(url.Values{"prompt": {"@@@langfusePrompt:name=a|version=9@@@"}}), 422, "'a'(버전 9)"},
		{"new", newForm(url.Values{"prompt": {refer("chat")}}), 422, "프롬프트 shop/greet에서 대화 프롬프트를 참조했습니다: 'chat'(라벨 'production'). 텍스트 프롬프트만 참조할 수 있습니다."},
		{"new", newForm(url.Values{"name": {"top"}, "prompt": {refer("d5")}}), 422, "프롬프트 참조는 5단계까지 이어질 수 있는데 더 깊습니다: top → d5 → d4 → d3 → d2 → d1 → d0. 단계를 줄이세요."},
		{"new", version("chat", nil), 422, "이전 버전들과 유형이 다릅니다. 다른 이름으로 새 프롬프트를 만드세요."},
		{"new", newForm(url.Values{"labels": {"Staging, Ü"}}), 422, `"Staging": 라벨에는 영문 소문자, 숫자, 밑줄, 하이픈, 마침표만 쓸 수 있습니다. "Ü": 라벨에는`},
		{"new", newForm(url.Values{"name": {strings.Repeat("n", 300)}}), 422, "255자까지 쓸 수 있는데 300자입니다. 줄이세요."},
		{"new", newForm(url.Values{"type": {"chat"}, "role": {"user", ""}, "content": {"x", "y"}}), 422, "2번째 메시지의 역할: 비워 둘 수 없습니다."},
		{"new", newForm(url.Values{"config": {"{\n\"a\" 1}"}}), 422, "2번째 줄의 “1}” 부분부터 올바른 JSON이 아닙니다."},
		{"new", newForm(url.Values{"labels": {"staging"}}), 422, "권한이 없습니다. 'shop/greet' 프롬프트의 'staging' 라벨은 보호되어 있습니다. 키 pk-ci, 역할 lead만 옮길 수 있습니다."},
		{"labels", label(url.Values{"from": {"2"}}), 409, "그사이 다른 사람이 바꿨습니다. 지금 상태를 보여 드립니다. '상담/인사' 프롬프트의 'production' 라벨 위치가 예상과 다릅니다(지금: 버전 1, 예상: 버전 2). 바뀐 내용을 확인한 뒤 다시 시도하세요."},
		{"labels", label(url.Values{"label": {"canary"}, "from": {"2"}}), 409, "(지금: 없음, 예상: 버전 2)"},
		{"labels", label(url.Values{"label": {"latest"}}), 422, "라벨: latest 라벨은 늘 가장 새 버전에 있어서"},
		{"labels", label(url.Values{"label": {"운영"}}), 422, `라벨: "운영": 라벨에는 영문 소문자`},
		{"labels", label(url.Values{"label": {"staging"}}), 403, "권한이 없습니다. '상담/인사' 프롬프트의 'staging' 라벨은 보호되어 있습니다. 키 pk-ci, 역할 lead만 옮길 수 있습니다."},
		{"rollback", url.Values{"name": {"a"}, "from": {"3"}, "to": {"1"}}, 409, "(지금: 버전 1, 예상: 버전 3)"},
		{"experiments", experiment("a", "x", "1", "60", "y", "1", "60"), 422, "비율의 합이 120입니다. 100까지만 줄 수 있습니다."},
		{"experiments", experiment("a", "x", "1", "10", "x", "1", "20"), 422, "2번째 변형의 이름: 같은 이름의 변형이 또 있습니다. 다른 이름을 쓰세요."},
		{"experiments", experiment("a", "x", "7", "10"), 404, "'a' 프롬프트에서 찾을 수 없습니다: 버전 7."},
		{"experiments", experiment("a"), 422, "변형: 변형을 하나 이상 넣으세요."},
		{"experiments", experiment("상담/인사", "x", "1", "10"), 403, "'상담/인사' 프롬프트의 실험을 바꾸려면 보호된 'staging' 라벨을 옮길 권한이 있어야 합니다. 키 pk-ci"},
	} {
		res, body := h.post(x.path, x.form, "Accept-Language", "ko")
		if got := alerts(body); res.StatusCode != x.status || !strings.Contains(got, x.want) {
			t.Errorf("%s %v: status %d, want %d\n got %s\nwant %s", x.path, x.form, res.StatusCode, x.status, got, x.want)
		}
	}
}

// TestWhatIsNotThereIsKorean: a page for what isn't there, or for an address that makes no sense, says so in Korean.
func TestWhatIsNotThereIsKorean(t *testing.T) {
	h := newHub(t)
	h.create(map[string]any{"name": "a", "prompt": "x"})
	for _, x := range []struct {
		path, want string
		status     int
	}{
		{"/versions?name=없는+것", "'없는 것' 프롬프트를 찾을 수 없습니다. 삭제되었거나", http.StatusNotFound},
		{"/versions?name=a&version=7", "'a' 프롬프트에서 찾을 수 없습니다: 버전 7.", http.StatusNotFound},
		{"/compare?name=a&from=1&to=x", `to="x". 버전 번호를 쓰세요.`, http.StatusBadRequest},
		{"?page=0", `page="0". 1 이상의 숫자를 쓰세요.`, http.StatusBadRequest},
		{"/metrics?name=a&range=1y", `range="1y". 다음 가운데 하나를 쓰세요: 15m,`, http.StatusBadRequest},
		{"/history?name=a&after=x", "첫 페이지부터 다시 보세요.", http.StatusBadRequest},
	} {
		res, body := get(t, h, "/project/p1/prompts"+x.path, "Accept-Language", "ko")
		if body = html.UnescapeString(body); res.StatusCode != x.status || !strings.Contains(body, x.want) || strings.Contains(body, "langshark:") {
			t.Errorf("%s: status %d, without %q: %s", x.path, res.StatusCode, x.want, body[strings.Index(body, "<h1"):])
		}
	}
	_, body := get(t, h, "/project/p1/prompts/versions?name=b")
	contains(t, body, "Prompt not found: &#39;b&#39;. It may have been deleted", `href="../../../project/p1/prompts"`, "Show all prompts")
	_, body = get(t, h, "/project/p1/prompts?page=0")
	contains(t, body, "page &#34;0&#34;: give a number from 1 on.")
}

// TestRefusalsOfDeletes are those that no form of the dashboard leads to, and some that only a race does.
func TestRefusalsOfDeletes(t *testing.T) {
	h := newHub(t)
	h.create(map[string]any{"name": "base", "prompt": "x", "labels": []string{"production"}})
	h.create(map[string]any{"name": "base", "prompt": "y"})
	for range 6 {
		h.create(map[string]any{"name": "위", "prompt": refer("base")})
	}
	set := `{"prompt":"base","variants":[{"name":"a","version":2,"weight":9000}]}`
	if _, err := h.catalog.SetExperiment(t.Context(), "p1", "tone", []byte(set)); err != nil {
		t.Fatal(err)
	}
	_, many := h.catalog.SetExperiment(t.Context(), "p1", "tone", []byte(strings.Replace(set, "}]", `},{"name":"b","version":1,"weight":1001}]`, 1)))
	for _, x := range []struct {
		err    error
		want   string
		status int
	}{
		{h.catalog.DeletePrompt(t.Context(), "p1", "base", catalog.PromptSelection{Version: 2}), "'base' 프롬프트의 버전 2에서 'tone' 실험이 진행 중입니다. 실험부터 바꾸거나 끝내세요.", 422},
		{h.catalog.DeletePrompt(t.Context(), "p1", "base", catalog.PromptSelection{Version: 1}), "'base' 프롬프트를 참조하는 버전이 있습니다: '위' 버전 6(라벨 'production'), '위' 버전 5(라벨 'production'), '위' 버전 4(라벨 'production'), '위' 버전 3(라벨 'production'), '위' 버전 2(라벨 'production') 외 1개. 그 버전부터 바꾸거나 삭제하세요.", 422},
		{many, "변형: 가중치의 합이 10,001입니다. 버킷은 모두 10,000개이니 합을 줄이세요.", 422},
		{fmt.Errorf("write: %w", store.ErrBusy), "서버가 바쁩니다. 다시 시도하세요.", 503},
		{fmt.Errorf("write: %w", store.ErrFull), "서버의 디스크가 가득 차서 아무것도 바꿀 수 없습니다.", 507},
		{&catalog.ConflictError{Message: "said by hand"}, "said by hand", 409},
		{ingest.FieldErrors{{Path: []string{"expect", "production"}, Message: "said by hand"}, {Message: "alone"}, {Path: []string{"else", "where"}, Message: "m"}}, "라벨: said by hand alone else.where: m", 422},
		{errors.New("not the reader's"), "", 0},
	} {
		if got, status := refusal(koreanPage, x.err); !strings.Contains(got, x.want) || status != x.status {
			t.Errorf("%v: %d, want %d\n got %s\nwant %s", x.err, status, x.status, got, x.want)
		}
	}
}
