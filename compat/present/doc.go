// Package present has the exported names of package present of monkit/v3 and
// forwards them to monkit.example/present. Start with HTTP; new code imports
// monkit.example/present.
package present
