package influx

import (
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"monkit.example/internal/endpoint"
)

// api is one of the ways to write lines over HTTP.
type api struct {
	path      string   // how the path of the address ends
	where     string   // the query that names where the lines go
	precision []string // what the server calls nanoseconds; the first is written
	auth      string   // the scheme before a token
}

// apis are looked through in this order: the first one's path is the end of
// another's.
var apis = []api{
	{path: "/api/v3/write_lp", where: "db", precision: []string{"nanosecond"}, auth: "Bearer"},
	{path: "/api/v2/write", where: "bucket", precision: []string{"ns"}, auth: "Token"},
	{path: "/write", where: "db", precision: []string{"ns", "n"}, auth: "Token"},
}

func apiOf(path string) (api, bool) {
	i := slices.IndexFunc(apis, func(a api) bool { return strings.HasSuffix(path, a.path) })
	if i < 0 {
		return api{}, false
	}
	return apis[i], true
}

// parse reads an address of this format.
func parse(addr string) (endpoint.Endpoint, error) {
	d := endpoint.Default{
		Format: Format, Formats: []string{Format}, Transport: endpoint.HTTP, Port: "8086",
	}
	ep, err := endpoint.Parse(addr, d)
	if err != nil || ep.IsHTTP() {
		return ep, err
	}
	d.Port = "" // is the HTTP port; a socket's has to be given
	return endpoint.Parse(addr, d)
}

// complete returns ep with what its URL may leave out, and how a token is sent.
func complete(ep endpoint.Endpoint, database string) (endpoint.Endpoint, string, error) {
	if !ep.IsHTTP() {
		return ep, "", nil
	}
	u := *ep.URL
	if u.Path == "" || u.Path == "/" {
		u.Path = "/write"
	}
	a, ok := apiOf(u.Path)
	if !ok {
		return ep, "", fmt.Errorf("influx address %s: the path is not one that takes lines; write /write?db=DB, /api/v2/write?org=ORG&bucket=BUCKET or /api/v3/write_lp?db=DB", ep.Destination())
	}
	q, err := url.ParseQuery(u.RawQuery)
	if err != nil {
		return ep, "", fmt.Errorf("influx address %s: the query cannot be read; write name=value&name=value, with special characters as %%XX", ep.Destination())
	}
	if err := a.completeQuery(q, database); err != nil {
		return ep, "", fmt.Errorf("influx address %s: %w", ep.Destination(), err)
	}
	u.RawQuery = q.Encode()
	ep.URL = &u
	return ep, a.auth, nil
}

func (a *api) completeQuery(q url.Values, database string) error {
	if q.Get(a.where) == "" && a.where == "db" && database != "" {
		q.Set("db", database)
	}
	if q.Get(a.where) == "" {
		if a.where == "bucket" {
			return errors.New("no bucket; write ?org=ORG&bucket=BUCKET behind it")
		}
		return errors.New("no database; write ?db=DB behind it, or set Options.Database")
	}
	switch p := q.Get("precision"); {
	case p == "":
		q.Set("precision", a.precision[0])
	case !slices.Contains(a.precision, p):
		return fmt.Errorf("precision=%s, but times are written in nanoseconds; leave it out", p)
	}
	return nil
}
