package main

import (
	"bufio"
	"encoding/base64"
	"fmt"
	"net/http"
	"os"
	"strings"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
)

var names = []string{"webhook-id", "webhook-timestamp", "webhook-signature"}

func read(field string) []byte {
	bytes, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(field, ":"))
	if err != nil {
		panic(err)
	}
	return bytes
}

func main() {
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		fields := strings.Split(lines.Text(), " ")
		header := http.Header{}
		for index, name := range names {
			if field := fields[2+index]; field != "-" {
				header.Set(name, string(read(field)))
			}
		}
		library, err := standardwebhooks.NewWebhook(string(read(fields[0])))
		// The library uses only the real clock.
		fmt.Println(err == nil && library.VerifyIgnoringTimestamp(read(fields[5]), header) == nil)
	}
}
