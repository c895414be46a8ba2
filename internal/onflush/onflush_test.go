package onflush

import "testing"

func TestRun(t *testing.T) {
	var a, b int
	client, other := &a, &b
	called := map[string]int{}
	Add(client, func() { called["kept"]++ })
	remove := Add(client, func() { called["removed"]++ })
	Add(other, func() { called["other"]++ })
	remove()
	remove()
	for range 2 {
		Run(client)
	}
	if called["kept"] != 1 || len(called) != 1 {
		t.Errorf("called %v", called)
	}
	Run(other)
	if called["other"] != 1 || len(waiting) != 0 {
		t.Errorf("called %v, left %v", called, waiting)
	}
}
