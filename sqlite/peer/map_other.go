//go:build !linux

package peer

import "os"

// mapFile is for systems of which not all is known that it needs: that others who
// read the file see what was stored, that a sync of it covers that, and that a
// mapped file can be removed.
func mapFile(*os.File, int) []byte { return nil }

func unmap([]byte) {}
