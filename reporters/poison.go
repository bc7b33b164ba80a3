//go:build !race

package reporters

// poison makes Batch.Reset overwrite its text.
const poison = false
