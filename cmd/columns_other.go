//go:build !linux && !darwin

package cmd

import "os"

// columnsOf does not know how to ask; COLUMNS says it.
func columnsOf(*os.File) int { return 0 }
