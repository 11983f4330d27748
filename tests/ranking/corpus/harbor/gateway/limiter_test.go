package gateway

import "testing"

func TestRateLimiterAllowsABurstOfRequests(t *testing.T) {
	limiter := NewRateLimiter(1, 3)
	for i := 0; i < 3; i++ {
		if !limiter.Allow("client") {
			t.Fatal("the rate limiter should allow the burst of the client")
		}
	}
	if limiter.Allow("client") {
		t.Fatal("the rate limiter should refuse a client without tokens in its bucket")
	}
}

func TestRateLimiterHasABucketForEachClient(t *testing.T) {
	limiter := NewRateLimiter(1, 1)
	if !limiter.Allow("first") || !limiter.Allow("second") {
		t.Fatal("each client has a bucket of its own")
	}
}
