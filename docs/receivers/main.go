package main

import (
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net/http"
	"os"
	"sync"
	"time"

	"receiver/webhook"
)

func main() {
	secret := os.Getenv("IVYMAIL_WEBHOOK_SECRET")
	var seen sync.Map // In production: a table with a unique key on webhook-id.

	http.HandleFunc("POST /webhooks/ivymail", func(response http.ResponseWriter, request *http.Request) {
		body, err := io.ReadAll(http.MaxBytesReader(response, request.Body, 1<<20))
		if err != nil || !webhook.Verify(secret, request.Header, body, time.Now()) {
			response.WriteHeader(http.StatusUnauthorized)
			return
		}
		if _, known := seen.LoadOrStore(request.Header.Get("webhook-id"), true); !known {
			var event struct{ Event, To string }
			if err := json.Unmarshal(body, &event); err != nil {
				response.WriteHeader(http.StatusBadRequest)
				return
			}
			fmt.Println(event.Event, event.To)
		}
		response.WriteHeader(http.StatusNoContent)
	})
	log.Fatal(http.ListenAndServe("127.0.0.1:"+os.Getenv("PORT"), nil))
}
