// Package cdp drives a headless Chromium for the dashboard's tests. It speaks
// the DevTools protocol over the pipe of --remote-debugging-pipe, so it needs
// nothing but the standard library and no port.
package cdp

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"sync"
	"time"
)

// ErrNoBrowser says that no Chromium was found on this machine.
var ErrNoBrowser = errors.New("no chromium found")

// Browser is a running Chromium with one page. Its methods are safe for concurrent use.
type Browser struct {
	cmd     *exec.Cmd
	dir     string
	in      *os.File
	done    chan struct{}
	session string

	mu      sync.Mutex
	next    int
	waiting map[int]chan reply
	events  map[string][]chan json.RawMessage
	// Problems are uncaught exceptions, console errors and CSP violations of the page.
	problems []string
}

type reply struct {
	Result json.RawMessage
	Error  *struct{ Message string }
}

// Start runs the browser in a fresh profile. It ends with Close, or with ctx.
func Start(ctx context.Context) (*Browser, error) {
	if runtime.GOOS == "windows" {
		return nil, fmt.Errorf("%w: its pipe is not supported on windows", ErrNoBrowser)
	}
	path := os.Getenv("LANGSHARK_CHROMIUM")
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome", "google-chrome-stable"} {
		if path == "" {
			path, _ = exec.LookPath(name)
		}
	}
	if path == "" {
		return nil, ErrNoBrowser
	}
	dir, err := os.MkdirTemp("", "langshark-chromium-")
	if err != nil {
		return nil, err
	}
	toRead, in, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	out, toWrite, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(ctx, path, "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars",
		"--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync",
		"--remote-debugging-pipe", "--user-data-dir="+dir, "about:blank")
	cmd.ExtraFiles = []*os.File{toRead, toWrite}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	toRead.Close()
	toWrite.Close()
	b := &Browser{cmd: cmd, dir: dir, in: in, done: make(chan struct{}), waiting: map[int]chan reply{}, events: map[string][]chan json.RawMessage{}}
	go b.read(out)
	return b, nil
}

// Close ends the browser, waits for it and removes its profile.
func (b *Browser) Close() {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	b.mu.Lock()
	b.session = ""
	b.mu.Unlock()
	if b.Call(ctx, "Browser.close", nil, nil) == nil {
		select {
		case <-b.done:
		case <-ctx.Done():
		}
	}
	b.in.Close()
	_ = b.cmd.Process.Kill() // it may have ended already
	<-b.done
	_ = b.cmd.Wait()        // killed: the error says nothing
	_ = os.RemoveAll(b.dir) // in the temporary folder: no harm if something stays
}

// Open makes the page that all other calls are about.
func (b *Browser) Open(ctx context.Context) error {
	var target struct {
		TargetID string `json:"targetId"`
	}
	if err := b.Call(ctx, "Target.createTarget", map[string]any{"url": "about:blank"}, &target); err != nil {
		return err
	}
	var session struct {
		SessionID string `json:"sessionId"`
	}
	if err := b.Call(ctx, "Target.attachToTarget", map[string]any{"targetId": target.TargetID, "flatten": true}, &session); err != nil {
		return err
	}
	b.mu.Lock()
	b.session = session.SessionID
	b.mu.Unlock()
	for _, domain := range []string{"Page", "Runtime", "Log", "Network"} {
		if err := b.Call(ctx, domain+".enable", nil, nil); err != nil {
			return err
		}
	}
	return nil
}

// Go loads an address and waits until its page is whole. The first load event that comes may still be that of the
// empty page that [Browser.Open] made.
func (b *Browser) Go(ctx context.Context, url string) error {
	loaded := b.listen("Page.loadEventFired")
	if err := b.Call(ctx, "Page.navigate", map[string]any{"url": url}, nil); err != nil {
		return err
	}
	select {
	case <-loaded:
		return b.Wait(ctx, "document.readyState === 'complete' && location.protocol !== 'about:'")
	case <-b.done:
		return errors.New("the browser has ended")
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Eval runs an expression in the page, awaits it if it is a promise, and
// decodes its value into v unless that is nil.
func (b *Browser) Eval(ctx context.Context, expression string, v any) error {
	var out struct {
		Result struct {
			Value json.RawMessage `json:"value"`
		} `json:"result"`
		ExceptionDetails *struct {
			Text      string `json:"text"`
			Exception struct {
				Description string `json:"description"`
			} `json:"exception"`
		} `json:"exceptionDetails"`
	}
	err := b.Call(ctx, "Runtime.evaluate", map[string]any{"expression": expression, "awaitPromise": true, "returnByValue": true}, &out)
	if err != nil {
		return err
	}
	if out.ExceptionDetails != nil {
		return fmt.Errorf("%s %s", out.ExceptionDetails.Text, out.ExceptionDetails.Exception.Description)
	}
	if v == nil || len(out.Result.Value) == 0 {
		return nil
	}
	return json.Unmarshal(out.Result.Value, v)
}

// Wait returns once the expression is true, be it on this page or on one the
// browser goes to meanwhile.
func (b *Browser) Wait(ctx context.Context, expression string) error {
	for {
		err := b.Eval(ctx, "new Promise((ok) => { const f = () => { let v; try { v = ("+expression+"); } catch {} v ? ok(true) : setTimeout(f, 16); }; f(); })", nil)
		if err == nil {
			return nil
		}
		if ctx.Err() != nil || !hasAny(err.Error(), "navigated", "context was destroyed", "Cannot find context") {
			return fmt.Errorf("waiting for %s: %w", expression, err)
		}
	}
}

func hasAny(s string, parts ...string) bool {
	for _, p := range parts {
		if strings.Contains(s, p) {
			return true
		}
	}
	return false
}

// Key presses a key, named as in KeyboardEvent.key.
func (b *Browser) Key(ctx context.Context, key string) error {
	params := map[string]any{"type": "keyDown", "key": key}
	if len(key) == 1 {
		params["text"] = key
	}
	if key == "Enter" {
		params["text"] = "\r" // without it no form is sent
	}
	if code, ok := map[string]int{"Enter": 13, "Escape": 27, "ArrowLeft": 37, "ArrowUp": 38, "ArrowRight": 39, "ArrowDown": 40}[key]; ok {
		params["windowsVirtualKeyCode"] = code
	}
	if err := b.Call(ctx, "Input.dispatchKeyEvent", params, nil); err != nil {
		return err
	}
	return b.Call(ctx, "Input.dispatchKeyEvent", map[string]any{"type": "keyUp", "key": key}, nil)
}

// Problems returns uncaught exceptions and logged errors since the last call.
func (b *Browser) Problems() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	p := b.problems
	b.problems = nil
	return p
}

// Call sends one command and decodes its result into v unless that is nil.
func (b *Browser) Call(ctx context.Context, method string, params, v any) error {
	answer := make(chan reply, 1)
	b.mu.Lock()
	b.next++
	id := b.next
	b.waiting[id] = answer
	message := map[string]any{"id": id, "method": method}
	if params != nil {
		message["params"] = params
	}
	if b.session != "" {
		message["sessionId"] = b.session
	}
	data, err := json.Marshal(message)
	if err == nil {
		_, err = b.in.Write(append(data, 0))
	}
	b.mu.Unlock()
	if err != nil {
		return err
	}
	select {
	case r := <-answer:
		if r.Error != nil {
			return fmt.Errorf("%s: %s", method, r.Error.Message)
		}
		if v == nil {
			return nil
		}
		return json.Unmarshal(r.Result, v)
	case <-b.done:
		return errors.New("the browser has ended")
	case <-ctx.Done():
		return fmt.Errorf("%s: %w", method, ctx.Err())
	}
}

func (b *Browser) listen(event string) <-chan json.RawMessage {
	c := make(chan json.RawMessage, 1)
	b.mu.Lock()
	b.events[event] = append(b.events[event], c)
	b.mu.Unlock()
	return c
}

func (b *Browser) read(out *os.File) {
	defer close(b.done)
	defer out.Close()
	r := bufio.NewReaderSize(out, 1<<20)
	for {
		data, err := r.ReadBytes(0)
		if err != nil {
			return
		}
		var m struct {
			ID     int
			Method string
			Params json.RawMessage
			reply
		}
		if json.Unmarshal(data[:len(data)-1], &m) != nil {
			continue
		}
		b.mu.Lock()
		if c, ok := b.waiting[m.ID]; ok && m.ID != 0 {
			delete(b.waiting, m.ID)
			c <- m.reply
		}
		for _, c := range b.events[m.Method] {
			select {
			case c <- m.Params:
			default:
			}
		}
		if m.Method != "" {
			delete(b.events, m.Method)
		}
		if p := problem(m.Method, m.Params); p != "" {
			b.problems = append(b.problems, p)
		}
		b.mu.Unlock()
	}
}

func problem(method string, params json.RawMessage) string {
	var p struct {
		Entry            struct{ Level, Text, URL string }
		ExceptionDetails struct {
			Text      string
			Exception struct{ Description string }
		}
	}
	if json.Unmarshal(params, &p) != nil {
		return ""
	}
	switch {
	case method == "Runtime.exceptionThrown":
		return p.ExceptionDetails.Text + " " + p.ExceptionDetails.Exception.Description
	case method == "Log.entryAdded" && p.Entry.Level == "error":
		return p.Entry.Text + " " + p.Entry.URL
	}
	return ""
}
