package api

import (
	"math"
	"net/http"
	"strconv"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// limits bounds the requests of each key. Keys are known ones, so that they are few.
type limits struct {
	perMinute int // 0 is no limit

	mu     sync.Mutex
	of     map[string]*rate.Limiter
	swept  time.Time
	active map[string]time.Time // when a key was last seen
}

// limitIdle is after how long without requests a key is forgotten: by then it has all of its burst again.
const limitIdle = 2 * time.Minute

func newLimits(perMinute int) *limits {
	return &limits{perMinute: perMinute, of: map[string]*rate.Limiter{}, active: map[string]time.Time{}}
}

// take counts n requests, and says in the header of the answer what is left. More than there may be in a
// minute take what there is, so that a limit below n lets one batch a minute through.
func (l *limits) take(h http.Header, key string, n int, now time.Time) error {
	if l.perMinute == 0 || n <= 0 {
		return nil
	}
	limiter := l.limiter(key, now)
	n = min(n, l.perMinute)
	allowed := limiter.AllowN(now, n)
	left := limiter.TokensAt(now)
	h.Set("X-RateLimit-Limit", strconv.Itoa(l.perMinute))
	h.Set("X-RateLimit-Remaining", strconv.Itoa(int(max(left, 0))))
	if allowed {
		return nil
	}
	wait := (float64(n) - left) * 60 / float64(l.perMinute)
	h.Set("Retry-After", strconv.Itoa(max(int(math.Ceil(wait)), 1)))
	return errRate
}

func (l *limits) limiter(key string, now time.Time) *rate.Limiter {
	l.mu.Lock()
	defer l.mu.Unlock()
	if now.Sub(l.swept) > limitIdle {
		l.swept = now
		for k, at := range l.active {
			if now.Sub(at) > limitIdle {
				delete(l.of, k)
				delete(l.active, k)
			}
		}
	}
	l.active[key] = now
	limiter := l.of[key]
	if limiter == nil {
		limiter = rate.NewLimiter(rate.Limit(float64(l.perMinute)/60), l.perMinute)
		l.of[key] = limiter
	}
	return limiter
}
