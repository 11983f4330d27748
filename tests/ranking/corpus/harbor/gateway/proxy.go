package gateway

import (
	"io"
	"net/http"
	"time"
)

var client = &http.Client{Timeout: 10 * time.Second}

// hopByHop are headers that are for one connection only.
var hopByHop = []string{"Connection", "Keep-Alive", "Transfer-Encoding", "Upgrade"}

// forward copies the request to the backend, and what it answers back.
func forward(w http.ResponseWriter, req *http.Request, backend string) {
	out, err := http.NewRequestWithContext(req.Context(), req.Method, backend+req.URL.Path, req.Body)
	if err != nil {
		http.Error(w, "bad request", http.StatusBadRequest)
		return
	}
	out.Header = req.Header.Clone()
	for _, name := range hopByHop {
		out.Header.Del(name)
	}
	answer, err := client.Do(out)
	if err != nil {
		http.Error(w, "backend does not answer", http.StatusBadGateway)
		return
	}
	defer answer.Body.Close()
	for name, values := range answer.Header {
		w.Header()[name] = values
	}
	w.WriteHeader(answer.StatusCode)
	io.Copy(w, answer.Body)
}
