package main

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"monkit.example/internal/endpoint"
)

// A command is a word with its arguments. It returns the exit code.
type command struct {
	name string
	run  func(args []string, stdout, stderr io.Writer) int
}

// commands returns the commands of monkit-relay. Without one it relays.
func commands() []command {
	return []command{
		{"demo", demo},
		{"spool", runSpool},
		{"version", runVersion},
		{"help", runHelp},
	}
}

// namesOf returns the names of commands.
func namesOf(all []command) (names []string) {
	for _, c := range all {
		names = append(names, c.name)
	}
	return names
}

// find returns the command of all with that name.
func find(all []command, name string) (command, bool) {
	if i := slices.IndexFunc(all, func(c command) bool { return c.name == name }); i >= 0 {
		return all[i], true
	}
	return command{}, false
}

// runCommand runs the command that args begin with. A first argument that is
// neither a flag nor looks like an address must be one.
func runCommand(args []string, stdout, stderr io.Writer) int {
	if len(args) == 0 || strings.HasPrefix(args[0], "-") || isAddress(args[0]) {
		return run(args, stdout, stderr)
	}
	if c, ok := find(commands(), args[0]); ok {
		return c.run(args[1:], stdout, stderr)
	}
	return usageCode("monkit-relay: ", unknownCommand("monkit-relay", args[0], commands()), stderr)
}

// isAddress reports whether a word is more like an address than like a command.
func isAddress(word string) bool { return word == "" || strings.ContainsAny(word, ":/+@.=[") }

// unknownCommand returns the error of a word that is no command of program.
func unknownCommand(program, word string, all []command) error {
	names := namesOf(all)
	last := len(names) - 1
	help := program + " -h"
	otherwise := fmt.Sprintf("; write %s or %s, or see %s", strings.Join(names[:last], ", "), names[last], help)
	return fmt.Errorf("there is no command %q%s", endpoint.Redact(word), didYouMean(word, "", names, help, otherwise))
}

const helpUsage = `usage: monkit-relay help [COMMAND]

Prints what monkit-relay or one of its commands does, as the flag -h does: help demo,
help spool, help spool drain, help version.
`

// runHelp is the command help. It runs the command that args name with -h.
func runHelp(args []string, stdout, stderr io.Writer) int {
	switch {
	case len(args) == 0:
		return run([]string{"-h"}, stdout, stderr)
	case strings.HasPrefix(args[0], "-"), args[0] == "help":
		io.WriteString(stdout, helpUsage)
		return exitOK
	}
	return runCommand(append(slices.Clone(args), "-h"), stdout, stderr)
}
