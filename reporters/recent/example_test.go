package recent_test

import (
	"context"
	"fmt"
	"time"

	"monkit.example/monkit"
	"monkit.example/reporters"
	"monkit.example/reporters/recent"
)

func ExampleStore() {
	store := recent.New()
	now := time.Now()
	store.Report(context.Background(), &reporters.Batch{ // a collector does this
		At:     now,
		Points: []reporters.Point{{Key: monkit.NewSeriesKey("queue"), Field: "length", Value: 3, Time: now.UnixNano()}},
	})
	for s := range store.Series(recent.Match("queue")) {
		fmt.Println(s.Name, s.Last.Value)
	}
	fmt.Println(store.Ledger())
	// Output:
	// queue length 3
	// accepted=1 delivered=1 dropped=0 pending=0
}
