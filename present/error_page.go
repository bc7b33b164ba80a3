package present

import (
	"bytes"
	"errors"
	"net/http"
	"strconv"
	"time"

	"monkit.example/internal/printable"
)

var errorLayout = parse("error")

// fail responds to r, whose path below the mount point is path, with err: as a
// page with navigation if the client prefers HTML, as browsers do, else as text.
func (h handler) fail(w http.ResponseWriter, r *http.Request, path string, err error) {
	if e := (*statusError)(nil); errors.As(err, &e) && e.again {
		w.Header().Set("Retry-After", strconv.Itoa(int(maxRoomWait/time.Second)))
	}
	if preferredView(r.Header["Accept"]) != "html" {
		writeError(w, err)
		return
	}
	var page bytes.Buffer
	doc := document{Name: "error", Title: http.StatusText(statusOf(err)), Root: relativeRoot(path), Pages: h.pages(), Body: err.Error()}
	if errorLayout.Execute(&page, doc) != nil {
		writeError(w, err)
		return
	}
	w.Header().Set("Content-Type", typeHTML)
	w.WriteHeader(statusOf(err))
	w.Write(printable.Text(page.Bytes())) // fails only if the client has disconnected
}
