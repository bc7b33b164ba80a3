// Package environment has the exported names of package environment of monkit/v3
// and forwards them to monkit.example/environment. Start with Register; new code
// imports monkit.example/environment.
package environment
