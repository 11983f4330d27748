package gateway

import (
	"sync"
	"time"
)

// bucket holds the tokens of one client.
type bucket struct {
	tokens float64
	last   time.Time
}

// RateLimiter refills a bucket a client at a steady rate.
type RateLimiter struct {
	mu      sync.Mutex
	rate    float64
	burst   float64
	buckets map[string]*bucket
}

// NewRateLimiter allows rate requests a second, and burst at once.
func NewRateLimiter(rate, burst float64) *RateLimiter {
	return &RateLimiter{rate: rate, burst: burst, buckets: map[string]*bucket{}}
}

// Allow takes a token; false when the client has none left.
func (l *RateLimiter) Allow(client string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := time.Now()
	b, ok := l.buckets[client]
	if !ok {
		b = &bucket{tokens: l.burst, last: now}
		l.buckets[client] = b
	}
	b.tokens = min(l.burst, b.tokens+l.rate*now.Sub(b.last).Seconds())
	b.last = now
	if b.tokens < 1 {
		return false
	}
	b.tokens--
	return true
}

// Sweep forgets clients that were quiet for so long that their bucket is full again.
func (l *RateLimiter) Sweep(idle time.Duration) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	removed := 0
	for client, b := range l.buckets {
		if time.Since(b.last) > idle {
			delete(l.buckets, client)
			removed++
		}
	}
	return removed
}
