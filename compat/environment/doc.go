// Package environment is monkit.example/environment under the import path of the
// library that it succeeds. Start with Register; new code imports
// monkit.example/environment.
package environment
