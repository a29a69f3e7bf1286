package faultvfs

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
)

// Flip changes one bit of a file that nobody has open, and says where: the
// offset of the byte, and the bit in it. It is none of the zeros at the end of the
// file: of these a log has many, and they say nothing.
func Flip(name string, rng *rand.Rand) (offset int64, bit int, err error) {
	b, err := os.ReadFile(name)
	used := len(bytes.TrimRight(b, "\x00"))
	if err == nil && used == 0 {
		err = fmt.Errorf("%s is empty, or nothing but zeros", name)
	}
	if err == nil {
		offset, bit = rng.Int64N(int64(used)), rng.IntN(8)
		b[offset] ^= 1 << bit
		err = os.WriteFile(name, b, 0o600)
	}
	if err != nil {
		return 0, 0, fmt.Errorf("flip a bit: %w", err)
	}
	return offset, bit, nil
}
