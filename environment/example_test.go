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
