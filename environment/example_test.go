package environment_test

import (
	"fmt"

	"monkit.example/environment"
	"monkit.example/monkit"
)

func ExampleRegister() {
	registry := monkit.NewRegistry()
	environment.Register(registry)
	fmt.Println(monkit.Collect(registry)["process,scope=monkit.example/environment control"])
	// Output: 1
}

// A program that needs only some sources chains them to a scope of its own.
func ExampleBuild() {
	registry := monkit.NewRegistry()
	registry.ScopeNamed("mine").Chain(environment.Build())
	registry.ScopeNamed("mine").Chain(environment.Limits())
	registry.Stats(func(key monkit.SeriesKey, field string, val float64) {
		if key.Measurement == "build" && field == "value" {
			fmt.Println(key.Tags.Get("scope"), val)
		}
	})
	// Output: mine 1
}
