package main

import (
	"fmt"
	"harbor/gateway"
)

// Shows how the rate limiter of the gateway lets a burst of requests of a client through.
func main() {
	limiter := gateway.NewRateLimiter(10, 40)
	for i := 0; i < 50; i++ {
		fmt.Println("request of the client", i, "allowed by the rate limiter:", limiter.Allow("client"))
	}
}
