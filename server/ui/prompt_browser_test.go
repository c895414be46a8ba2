//go:build !noui

package ui

import (
	"net/http"
	"net/http/httptest"
	"testing"
)

// hubVisit opens a page of a hub below a prefix.
func hubVisit(t *testing.T, h *hub, path string) visit {
	t.Helper()
	s := httptest.NewServer(http.StripPrefix("/obs", h))
	t.Cleanup(s.Close)
	return open(t, s.URL+"/obs/project/p1/prompts"+path)
}

// fill types into a field as a person does.
func (v visit) fill(selector, text string) {
	v.t.Helper()
	v.until("document.querySelector('" + selector + "')")
	v.do("{ const f = document.querySelector('" + selector + "'); f.focus(); f.value = " + text + "; f.dispatchEvent(new Event('input', {bubbles: true})); }")
}

// TestBrowserPromptLife makes a prompt, a second version, compares both, moves a label and rolls back.
func TestBrowserPromptLife(t *testing.T) {
	for _, lang := range []string{"en", "ko"} {
		t.Run(lang, func(t *testing.T) {
			h := newHub(t)
			v := hubVisit(t, h, "")
			if lang == "ko" {
				v.do("document.querySelector('button[name=lang][value=ko]').click()")
			}
			v.until("document.documentElement.lang === '" + lang + "'")
			v.do("document.querySelector('.card .btn.primary').click()")
			v.fill("#f-name", "'상점/인사 100%?'")
			v.fill("#f-prompt", `'안녕하세요 {{이름}}, welcome to {{shop}}.'`)
			v.until("[...document.querySelectorAll('.t-back mark')].map((m) => m.textContent).join() === '{{이름}},{{shop}}'")
			v.until("[...document.querySelectorAll('[data-vars-list] code')].map((c) => c.textContent).join() === '이름,shop' && document.querySelector('[data-vars-none]').hidden")
			v.fill("#f-config", `'{"a": 1,\n"b"}'`)
			v.do("document.querySelector('.btn.primary[value=save]').click()")
			v.until("document.querySelector('#e-config')?.textContent.includes('2') && document.querySelector('#f-name').value === '상점/인사 100%?'")
			v.fill("#f-config", `'{"a": 1}'`)
			v.do("document.querySelector('.btn.primary[value=save]').click()")
			v.until("document.querySelector('.page-alert.ok') && document.querySelector('.chosen mark.var').textContent === '{{이름}}' && document.querySelector('.j-key')")

			v.do("document.querySelector('.title-row a.btn').click()")
			v.fill("#f-prompt", `'안녕하세요 {{이름}}, a warm welcome to {{shop}}!'`)
			v.fill("#f-commitMessage", "'더 따뜻하게'")
			v.do("document.querySelector('.btn.primary[value=save]').click()")
			v.until("document.querySelectorAll('.version').length === 2 && document.querySelector('.version[aria-current]').textContent.includes('더 따뜻하게')")
			v.do("[...document.querySelectorAll('.chosen-head a.btn')].find((a) => a.href.includes('compare')).click()")
			v.until("[...document.querySelectorAll('.diff ins')].map((i) => i.textContent).join('') === 'a warm !' && document.querySelector('.diff del').textContent === '.'")
			v.do("history.back()")
			v.until("document.querySelector('.chosen-head .more')")
			v.do("document.querySelector('.chosen-head .more summary').click()")
			v.until("document.querySelector('.label-pop').checkVisibility()")
			v.do("document.querySelector('.label-pop input[value=production]').form.querySelector('button').click()")
			v.until("document.querySelector('.version[aria-current] .chip.ok')?.textContent === 'production' && document.querySelector('.page-alert.ok')")
			if n := h.on("상점/인사 100%?", "production"); n != 2 {
				t.Errorf("production is on version %d", n)
			}
			v.do("document.querySelector('.title-row .more summary').click()")
			v.until("/2.*1/.test(document.querySelector('.ask-pop p').textContent) && document.querySelector('.ask-pop').checkVisibility()")
			v.do("document.querySelector('.ask-pop .btn.primary').click()")
			v.until("document.querySelectorAll('.version')[1].querySelector('.chip.ok')?.textContent === 'production'")
			if n := h.on("상점/인사 100%?", "production"); n != 1 {
				t.Errorf("production is on version %d", n)
			}
			v.do("[...document.querySelectorAll('.tabs a')].at(-1).click()")
			v.until("document.querySelectorAll('.history .do-rollback').length === 1 && document.querySelectorAll('.history li').length === 5")
		})
	}
}

// TestBrowserChatEditor adds, moves and removes messages, and asks before it loses them.
func TestBrowserChatEditor(t *testing.T) {
	h := newHub(t)
	v := hubVisit(t, h, "/new")
	v.fill("#f-name", "'chat'")
	v.fill("#f-prompt", `'You are {{who}}.'`)
	v.do("document.querySelector('input[name=type][value=chat]').click()")
	v.until("document.querySelectorAll('.edit-message').length === 1 && document.querySelector('.t-back mark').textContent === '{{who}}'")
	v.do("document.querySelector('button[value=placeholder]').click()")
	v.until("document.querySelectorAll('.edit-message').length === 2")
	v.do("document.querySelector('button[value=add]').click()")
	v.until("document.querySelectorAll('.edit-message').length === 3")
	v.fill(".edit-message:nth-child(3) textarea", `'{{question}}'`)
	v.until("[...document.querySelectorAll('[data-vars-list] code')].map((c) => c.textContent).join() === 'who,history,question'")
	v.do("document.querySelector('button[value=\"up-2\"]').click()")
	v.until("document.querySelectorAll('.edit-message textarea')[1].value === '{{question}}' && document.querySelector('#editor').matches('[data-dirty]')")
	v.do("document.querySelector('button[value=preview]').click()")
	v.until("document.querySelectorAll('#preview .msg').length === 3")
	v.do("document.querySelector('button[value=\"remove-1\"]').click()")
	v.until("document.querySelectorAll('.edit-message').length === 2")
	// The browser would ask: whoever cancels the event stays.
	v.until("!window.dispatchEvent(new Event('beforeunload', {cancelable: true}))")
	v.do("document.querySelector('.btn.primary[value=save]').click()")
	v.until("document.querySelectorAll('.chosen .msg').length === 2")
	v.until("window.dispatchEvent(new Event('beforeunload', {cancelable: true}))")
}

func TestBrowserPromptListAndExperiment(t *testing.T) {
	h := seedHub(t)
	v := hubVisit(t, h, "")
	v.press("j", "Enter")
	v.until("location.search === '?folder=support%2F' && document.querySelectorAll('#rows > tr').length === 4")
	v.press("/")
	v.until("document.activeElement.id === 'q'")
	v.press("j", "u", "d", "g")
	v.until("document.querySelectorAll('#rows > tr').length === 1 && location.search.includes('q=judg')")
	v.do("location.href = location.pathname + '/experiments?name=support/answer&experiment=tone'")
	v.until("document.querySelector('#form input[name=percent]')?.value === '40'")
	v.fill("#form input[name=percent]", "'50'")
	v.do("document.querySelector('#form button[value=plan]').click()")
	v.until("document.querySelector('#form .alert.info')?.textContent.includes('10 %')")
	v.do("document.querySelector('#form button[value=save]').click()")
	v.until("document.querySelector('.page-alert.ok') && document.querySelector('.deal rect').getAttribute('width') === '40.00%'")
	v.do("location.href = location.pathname.replace('experiments', 'versions') + '?name=support/answer'")
	v.until("document.querySelector('#code-curl')")
	v.do("document.querySelector('#code-curl').click()")
	v.until("document.querySelector('#snippet-curl').checkVisibility() && !document.querySelector('#snippet-go').checkVisibility()")
}
