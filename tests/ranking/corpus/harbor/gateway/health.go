package gateway

import (
	"database/sql"
	"net/http"
)

// Healthz answers 503 while the database can't be reached, so that a balancer goes elsewhere.
func Healthz(db *sql.DB) http.HandlerFunc {
	return func(w http.ResponseWriter, req *http.Request) {
		if err := db.PingContext(req.Context()); err != nil {
			http.Error(w, "database unreachable", http.StatusServiceUnavailable)
			return
		}
		w.WriteHeader(http.StatusOK)
	}
}
