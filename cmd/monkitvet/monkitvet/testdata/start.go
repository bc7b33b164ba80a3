package cases

import (
	"context"
	"errors"
)

func started(ctx context.Context) (err error) {
	defer mon.Start(&ctx).Finish(&err)
	return nil
}

func finishMissing(ctx context.Context) (err error) {
	defer mon.Start(&ctx) // want `Finish is missing, so the run begins when the function returns and never ends; add \.Finish\(&err\)`
	return nil
}

func finishMissingWithoutError(ctx context.Context) {
	defer mon.Start(&ctx) // want `add \.Finish\(nil\)`
}

func neverFinished(ctx context.Context) (err error) {
	mon.Start(&ctx)     // want `Finish is missing, so the run never ends; write defer mon\.Start\(&ctx\)\.Finish\(&err\)`
	_ = mon.Start(&ctx) // want `the run never ends`
	return nil
}

func finishedAtOnce(ctx context.Context) (err error) {
	mon.Start(&ctx).Finish(&err) // want `the run ends at once; defer the last call`
	return nil
}

func finishedWithNil(ctx context.Context) (err error) {
	defer mon.Start(&ctx).Finish(nil) // want `the run gets nil, so errors that the function returns are not counted; pass &err`
	return errors.New("lost")
}

func finishedLater(ctx context.Context) (err error) {
	span := mon.Start(&ctx)
	defer span.Finish(nil) // want `pass &err`
	return errors.New("lost")
}
