package examples

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/seed139febb4/durable/runner"
)

// Fetch reads a page. Reading changes nothing, so it is simply tried again while
// the network or the server has a bad moment. An answer that would be the same
// next time, like 404, is final.
const Fetch runner.Activity[string, Page] = "fetch"

// ErrRefused is an answer that another attempt would not change.
const ErrRefused runner.Failure = "the server refused"

// A Page is what came back from an address.
type Page struct {
	Status int    `json:"status"`
	Type   string `json:"type,omitempty"`
	Bytes  int64  `json:"bytes"`
}

var fetchOptions = []runner.Option{
	runner.Attempts(6),
	runner.Backoff{Initial: 500 * time.Millisecond, Cap: 10 * time.Second},
	runner.Timeout(30 * time.Second),
	runner.NoRetry(ErrRefused),
}

// maxPage is how much of a page is read, in bytes.
const maxPage = 10 << 20

func fetch(ctx context.Context, address string) (Page, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return Page{}, runner.NonRetryable(fmt.Errorf("fetch: %w", err))
	}
	if s := req.URL.Scheme; s != "http" && s != "https" {
		return Page{}, runner.NonRetryable(fmt.Errorf("fetch %s: not an address of the web", address))
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return Page{}, err // names the method, the address and what went wrong
	}
	defer resp.Body.Close()
	switch code := resp.StatusCode; {
	case code == http.StatusTooManyRequests, code >= 500:
		return Page{}, fmt.Errorf("fetch %s: %s", address, resp.Status)
	case code >= 400:
		return Page{}, fmt.Errorf("fetch %s: %w: %s", address, ErrRefused, resp.Status)
	}
	n, err := io.Copy(io.Discard, io.LimitReader(resp.Body, maxPage))
	if err != nil {
		return Page{}, fmt.Errorf("fetch %s: %w", address, err)
	}
	return Page{Status: resp.StatusCode, Type: resp.Header.Get("Content-Type"), Bytes: n}, nil
}
