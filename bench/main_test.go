package main

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// TestElsewhere starts it where no suite is, as in this folder.
func TestElsewhere(t *testing.T) {
	require.ErrorContains(t, run(nil), "in the root of durable's repository")
}
