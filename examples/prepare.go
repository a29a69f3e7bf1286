package examples

import (
	"context"
	"encoding/json"
	"fmt"
	"hash/crc32"

	"github.com/seed139febb4/durable/runner"
)

// Prepare gives a request its ticket number. It is pure: run twice it does the
// same nothing twice.
const Prepare runner.Activity[Request, string] = "prepare"

func prepare(_ context.Context, req Request) (string, error) {
	text, err := json.Marshal(req)
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("T-%08X", crc32.ChecksumIEEE(text)), nil
}
