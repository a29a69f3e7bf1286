package faultvfs

import (
	"fmt"
	"math/rand/v2"
	"os"
)

// Flip changes one bit of a file that nobody has open, and says where: the
// offset of the byte, and the bit in it.
func Flip(name string, rng *rand.Rand) (offset int64, bit int, err error) {
	b, err := os.ReadFile(name)
	if err == nil && len(b) == 0 {
		err = fmt.Errorf("%s is empty", name)
	}
	if err == nil {
		offset, bit = rng.Int64N(int64(len(b))), rng.IntN(8)
		b[offset] ^= 1 << bit
		err = os.WriteFile(name, b, 0o600)
	}
	if err != nil {
		return 0, 0, fmt.Errorf("flip a bit: %w", err)
	}
	return offset, bit, nil
}
