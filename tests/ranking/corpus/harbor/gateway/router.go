package gateway

import (
	"net/http"
	"strings"
)

// Route sends requests whose path begins with a prefix to a backend.
type Route struct {
	Prefix  string
	Backend string
}

// Router picks the backend of a request.
type Router struct {
	routes  []Route
	limiter *RateLimiter
}

// Match finds the longest prefix that the path begins with.
func (r *Router) Match(path string) (Route, bool) {
	best, found := Route{}, false
	for _, route := range r.routes {
		if strings.HasPrefix(path, route.Prefix) && len(route.Prefix) >= len(best.Prefix) {
			best, found = route, true
		}
	}
	return best, found
}

// ServeHTTP answers 429 for a client that asks too often and 404 for a path without a backend.
func (r *Router) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	if !r.limiter.Allow(req.RemoteAddr) {
		http.Error(w, "too many requests, slow down", http.StatusTooManyRequests)
		return
	}
	route, ok := r.Match(req.URL.Path)
	if !ok {
		http.Error(w, "no backend for this path", http.StatusNotFound)
		return
	}
	forward(w, req, route.Backend)
}
