package chaos_test

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/seed139febb4/durable/chaos"
	"github.com/seed139febb4/durable/sqlite"
)

func TestTry(t *testing.T) {
	names := os.Getenv("TRY")
	if names == "" {
		t.Skip()
	}
	o := chaos.Options{}
	if names != "all" {
		o.Only = strings.Split(names, ",")
	}
	o.Kills, _ = strconv.Atoi(os.Getenv("KILLS"))
	o.Duration, _ = time.ParseDuration(os.Getenv("DURATION"))
	o.Patience, _ = time.ParseDuration(os.Getenv("PATIENCE"))
	o.Dir = os.Getenv("DIR")
	o.Sabotage = sqlite.Sabotage(os.Getenv("SABOTAGE"))
	seed, _ := strconv.Atoi(os.Getenv("SEED"))
	o.Seed = uint64(seed)
	rep, err := chaos.Run(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range rep.Scenarios {
		var worst time.Duration
		for _, r := range s.Recovery {
			worst = max(worst, time.Duration(r))
		}
		fmt.Printf("%-12s kills %4d runs %4d lost %d twice %d again %d recovery %d max %v %s took %v\n", s.Scenario, s.Kills, s.Runs, s.Lost, s.Twice, s.Again, len(s.Recovery), worst, s.Verdict, time.Duration(s.Took))
		for i, p := range s.Problems {
			if i < 8 {
				fmt.Println("     ", p)
			}
		}
	}
	fmt.Println(rep.Command, time.Duration(rep.Took))
}
