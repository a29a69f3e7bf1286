package chaos

import (
	"context"
	"os"
	"time"

	"github.com/seed139febb4/durable/runner"
)

func readLetters(ctx *runner.Context, _ struct{}) (got []string, err error) {
	box, end := letter.Inbox(ctx), enough.Inbox(ctx)
	for {
		won, err := runner.Select(ctx, box, end)
		if err != nil || won == end {
			return got, err
		}
		text, err := box.Receive(ctx)
		if err != nil {
			return got, err
		}
		got = append(got, text)
	}
}

func fanOut(ctx *runner.Context, in Width) (total int, err error) {
	var all []*runner.Future[string]
	for range in.Width {
		all = append(all, blob.Go(ctx, in.Bytes))
	}
	texts, err := runner.All(ctx, all...)
	for _, text := range texts {
		total += len(text)
	}
	return total, err
}

func crowdIn(ctx *runner.Context, in Width) (rows int, err error) {
	var all []*runner.Future[int]
	for range in.Width {
		all = append(all, enter.Go(ctx, Pause{Key: ctx.RunID(), Time: in.Time}))
	}
	_, err = runner.All(ctx, all...)
	return in.Width, err
}

func mix(ctx *runner.Context, in Mix) (out Mixture, err error) {
	first, err := before.Do(ctx, in.Key)
	if err != nil {
		return out, err
	}
	if err := ctx.Sleep(time.Duration(in.Nap)); err != nil {
		return out, err
	}
	second, err := after.Do(ctx, in.Key)
	if err != nil {
		return out, err
	}
	tried, row := moody.Go(ctx, 1), enter.Go(ctx, Pause{Key: in.Key})
	child := fan.Go(ctx, "", Width{Width: 3, Bytes: 10})
	third, err := tried.Get(ctx)
	if err != nil {
		return out, err
	}
	if out.Rows, err = row.Get(ctx); err != nil {
		return out, err
	}
	if out.Sum, err = child.Get(ctx); err != nil {
		return out, err
	}
	last, err := runner.Step(ctx, "last", func(context.Context) (string, error) { return "last of " + in.Key, nil })
	out.Texts = []string{first, second, third, last}
	return out, err
}

func changeMind(ctx *runner.Context, in Whim) (string, error) {
	first, err := before.Do(ctx, "fickle")
	if err != nil {
		return "", err
	}
	if _, err := os.Stat(in.File); err == nil { // which no real workflow may ask
		return after.Do(ctx, first)
	}
	return first, ctx.Sleep(time.Millisecond)
}

func hurry(ctx *runner.Context, in Pause) (string, error) {
	scope, cancel := ctx.WithCancel()
	slow.Go(scope, "", Pause{Time: runner.Duration(time.Hour)})
	if err := ctx.Sleep(time.Duration(in.Time)); err != nil {
		return "", err
	}
	cancel()
	return "canceled", ctx.Sleep(5 * time.Duration(in.Time))
}

func sleepOften(ctx *runner.Context, in Doze) (fired int, err error) {
	var all []*runner.Future[time.Time]
	for i := range in.Count {
		all = append(all, ctx.After(time.Duration(in.Over)*time.Duration(i+1)/time.Duration(in.Count)))
	}
	ended, err := runner.All(ctx, all...)
	return len(ended), err
}
