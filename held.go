package langshark

import "github.com/langshark/langshark-go/semconv"

// What observations that run hold is counted in Client.held: the size of each value, and the
// files that it refers to until they are sent. Above Client.maxHeld the oldest let go.

const unfinishedKey = semconv.LangSharkUnfinished

// put sets a value unless there is nothing to set. The caller holds the lock.
func (s *Span) put(field *capture, v capture) {
	if v.kind == captureNone {
		return
	}
	if s.counted {
		s.trace.client.held.Add(v.hold() - field.letGo())
	}
	field.release()
	*field = v
}

// putNamed replaces or adds a member of metadata or parameters. The caller holds the lock.
func (s *Span) putNamed(kvs []keyValue, key string, v capture) []keyValue {
	for i := range kvs {
		if kvs[i].key == key {
			s.put(&kvs[i].value, v)
			return kvs
		}
	}
	if s.counted {
		s.trace.client.held.Add(v.hold())
	}
	return append(kvs, keyValue{key, v})
}

func (s *Span) putParameters(parameters []keyValue) {
	for _, p := range parameters {
		s.gen.parameters = s.putNamed(s.gen.parameters, p.key, p.value)
	}
}

// hold returns what a new value takes; its files count until letGo, or until they are sent.
func (v capture) hold() int64 {
	n := v.size()
	if v.buf != nil && v.buf.attached != nil {
		a, files := v.buf.attached, int64(0)
		for _, m := range a.files {
			files += int64(len(m.Data))
		}
		a.held.Store(files)
		n += files
	}
	return n
}

// letGo returns what a value that hold has counted takes no longer.
func (v capture) letGo() int64 {
	n := v.size()
	if v.buf != nil && v.buf.attached != nil {
		n += v.buf.attached.held.Swap(0)
	}
	return n
}

// held is what of a value is counted.
func (v capture) held() int64 {
	n := v.size()
	if v.buf != nil && v.buf.attached != nil {
		n += v.buf.attached.held.Load()
	}
	return n
}

// holdAll is hold for all values.
func (s *Span) holdAll() int64 { return s.sum(capture.hold) }

// forget counts the observation's values no more. The caller holds the lock.
func (s *Span) forget() {
	if !s.counted {
		return
	}
	s.counted = false
	if n := s.sum(capture.letGo); n > 0 {
		s.trace.client.held.Add(-n)
	}
}

func (s *Span) sum(of func(capture) int64) (n int64) {
	if s.input.kind != captureNone {
		n += of(s.input)
	}
	if s.output.kind != captureNone {
		n += of(s.output)
	}
	for i := range s.metadata {
		n += of(s.metadata[i].value)
	}
	if s.gen != nil {
		for i := range s.gen.parameters {
			n += of(s.gen.parameters[i].value)
		}
	}
	return n
}

// relieve makes the oldest observations let go when all together hold too much.
func (c *Client) relieve() {
	if c.held.Load() > c.maxHeld {
		c.open.relieve(c)
	}
}

func (t *openTable) relieve(c *Client) {
	if !t.relieving.TryLock() {
		return // another goroutine does
	}
	defer t.relieving.Unlock()
	enough := c.maxHeld / 4 * 3 // so that the table isn't looked through for each value
	little := c.maxHeld / 2 / openPlaces
	for _, s := range t.all(func(*Span) bool { return true }) {
		if c.held.Load() <= enough {
			return
		}
		s.sendUnfinished(little)
	}
}

// takesUpdates reports whether the sink merges a second record of an observation into the first. By
// OTLP each is sent once.
func (c *Client) takesUpdates() bool {
	return c.unfinished != nil && c.unfinished.AcceptsUnfinished()
}

// sendUnfinished sends the observation as it is and lets its values go, unless they are little. Its
// End sends the rest, or does nothing where the sink takes no updates.
func (s *Span) sendUnfinished(little int64) {
	c := s.trace.client
	updates := c.takesUpdates()
	s.mu.Lock()
	if s.ended || !s.counted || s.sum(capture.held) <= little {
		s.mu.Unlock()
		return
	}
	root := s.parent == nil && !s.trace.remote
	var input, output capture
	if root {
		input, output = s.input.share(), s.output.share()
	}
	e := s.entry(s.trace.now())
	e.input, e.output = s.input, s.output
	e.metadata = setValue(append(e.metadata, s.metadata...), unfinishedKey, newJSONCapture([]byte("true")))
	s.forget()
	s.input, s.output, s.metadata = capture{}, capture{}, nil
	if s.gen != nil {
		releaseValues(s.gen.parameters)
		s.gen.parameters = nil
	}
	s.sent, s.resumes, s.counted, s.ended = true, true, updates, !updates
	op, class := e.op, classOf(s.kind, s.level)
	s.mu.Unlock()
	s.announced.Store(true)
	if !updates {
		c.open.drop(s)
	}
	e.send(class)
	if root {
		s.trace.root(op, input, output)
	}
	if !updates && s.joins && s.overlay != nil {
		s.trace.joined(s.overlay)
	}
}
