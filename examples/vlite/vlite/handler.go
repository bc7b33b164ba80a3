package vlite

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
)

// maxTitle bounds the body of a PUT.
const maxTitle = 1 << 10

func (s *Service) newRoutes() *http.ServeMux {
	m := http.NewServeMux()
	m.HandleFunc("GET /videos", serve(s.listVideos))
	m.HandleFunc("GET /videos/{id}", serve(s.getVideo))
	m.HandleFunc("GET /videos/{id}/data", serve(s.getData))
	m.HandleFunc("PUT /videos/{id}", serve(s.putVideo))
	return m
}

// endpoint writes a response, or returns an error and writes nothing.
type endpoint func(ctx context.Context, w http.ResponseWriter, r *http.Request) error

// serve converts the error of an endpoint to an HTTP status.
func serve(e endpoint) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		inFlight := mon.Counter("requests_in_flight")
		inFlight.Inc(1)
		defer inFlight.Dec(1)
		if err := e(r.Context(), w, r); err != nil {
			http.Error(w, err.Error(), statusOf(err))
		}
	}
}

func (s *Service) listVideos(ctx context.Context, w http.ResponseWriter, _ *http.Request) (err error) {
	defer mon.Task()(&ctx)(&err)

	ids, err := s.proxy.List(ctx)
	if err != nil {
		return err
	}
	return writeJSON(w, ids)
}

func (s *Service) getVideo(ctx context.Context, w http.ResponseWriter, r *http.Request) (err error) {
	defer mon.Task()(&ctx)(&err)

	v, err := s.proxy.Get(ctx, r.PathValue("id"))
	if err != nil {
		return err
	}
	return writeJSON(w, v)
}

// film is the content of every video, repeated up to its size.
var film = make([]byte, 4<<10)

func (s *Service) getData(ctx context.Context, w http.ResponseWriter, r *http.Request) (err error) {
	defer mon.Task()(&ctx)(&err)

	v, err := s.proxy.Get(ctx, r.PathValue("id"))
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/octet-stream")
	mon.IntVal("video_bytes").Observe(v.Bytes)
	for left := v.Bytes; left > 0; left -= int64(len(film)) {
		n, err := w.Write(film[:min(left, int64(len(film)))])
		mon.Meter("sent_bytes").Mark(n)
		if err != nil {
			return nil // the client has disconnected, after the status was sent
		}
	}
	return nil
}

func (s *Service) putVideo(ctx context.Context, w http.ResponseWriter, r *http.Request) (err error) {
	defer mon.Task()(&ctx)(&err)

	title, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxTitle))
	if err != nil || len(title) == 0 {
		return fmt.Errorf("%w: the body must have 1 to %d bytes", ErrBadTitle, maxTitle)
	}
	v := Video{ID: r.PathValue("id"), Title: string(title), Bytes: sizeOf(len(title))}
	if err := s.proxy.Put(ctx, v); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

func writeJSON(w http.ResponseWriter, v any) error {
	text, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("encode the response: %w", err)
	}
	w.Header().Set("Content-Type", "application/json")
	w.Write(append(text, '\n')) // fails only if the client has disconnected, which is no error
	return nil
}
