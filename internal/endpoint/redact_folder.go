package endpoint

import (
	"regexp"
	"strings"
)

// spoolFolder matches the name of a folder that was made of an address: what a file
// system may not have is _ in it, and a hash is its end.
var spoolFolder = regexp.MustCompile(`[\w.+-]*_[\w.+-]*-[0-9a-f]{8}\b`)

// RedactFolders masks credentials in the names of folders in a text, such as a path or
// an error with one. Versions that masked fewer credentials of an address named the
// folder of its spool by them. The hash stays, by which a person finds the folder.
func RedactFolders(text string) string { return spoolFolder.ReplaceAllStringFunc(text, redactFolder) }

// redactFolder masks all that is behind the name of a secret, since what ends the value
// is not known. What is masked already ends by itself.
func redactFolder(folder string) string {
	hash := len(folder) - len("-01234567")
	words := strings.Split(folder[:hash], "_")
	for i, w := range words[:len(words)-1] {
		if i > 0 && IsSecret(w) && words[i+1] != mask {
			return strings.Join(words[:i+1], "_") + "_" + mask + folder[hash:]
		}
	}
	return folder
}
