package main

import (
	"bufio"
	"encoding/base64"
	"fmt"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"

	"verify/webhook"
)

var names = []string{"webhook-id", "webhook-timestamp", "x-ivymail-signature"}

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
		now, err := strconv.ParseInt(string(read(fields[1])), 10, 64)
		if err != nil {
			panic(err)
		}
		header := http.Header{}
		for index, name := range names {
			if field := fields[2+index]; field != "-" {
				header.Set(name, string(read(field)))
			}
		}
		fmt.Println(webhook.Verify(string(read(fields[0])), header, read(fields[5]), time.Unix(now, 0)))
	}
}
