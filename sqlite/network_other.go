//go:build !linux

package sqlite

// networkFS recognizes network file systems on Linux only.
func networkFS(string) string { return "" }
