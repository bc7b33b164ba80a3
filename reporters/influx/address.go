package influx

import (
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
)

// api is one of the ways to write lines over HTTP.
type api struct {
	path      string   // how the path of the address ends
	target    string   // the parameter that names the database or bucket
	precision []string // the server's names of nanoseconds; the first is written
	auth      string   // the scheme before a token
}

// apis are searched in this order: the last path is the end of the others.
var apis = []api{
	{path: "/api/v3/write_lp", target: "db", precision: []string{"nanosecond"}, auth: "Bearer"},
	{path: "/api/v2/write", target: "bucket", precision: []string{"ns"}, auth: "Token"},
	{path: "/write", target: "db", precision: []string{"ns", "n"}, auth: "Token"},
}

// complete adds to u what an address may leave out. The error says what to
// write, and shows no credentials.
func complete(u *url.URL, database string) (api, error) {
	if u.Path == "" || u.Path == "/" {
		u.Path = "/write"
	}
	i := slices.IndexFunc(apis, func(a api) bool { return strings.HasSuffix(u.Path, a.path) })
	if i < 0 {
		return api{}, errors.New("the server does not accept lines at this path; write /write?db=DB, /api/v2/write?org=ORG&bucket=BUCKET or /api/v3/write_lp?db=DB")
	}
	q, err := url.ParseQuery(u.RawQuery)
	if err != nil {
		return api{}, errors.New("the query cannot be parsed; write name=value&name=value, with special characters as %XX")
	}
	if err := apis[i].completeQuery(q, database); err != nil {
		return api{}, err
	}
	u.RawQuery = q.Encode()
	return apis[i], nil
}

func (a *api) completeQuery(q url.Values, database string) error {
	if q.Get(a.target) == "" && a.target == "db" && database != "" {
		q.Set("db", database)
	}
	if q.Get(a.target) == "" {
		if a.target == "bucket" {
			return errors.New("no bucket; add ?org=ORG&bucket=BUCKET")
		}
		return errors.New("no database; add ?db=DB, or set Options.Database")
	}
	switch p := q.Get("precision"); {
	case p == "":
		q.Set("precision", a.precision[0])
	case !slices.Contains(a.precision, p):
		return fmt.Errorf("precision=%s, but times are written in nanoseconds; remove it", p)
	}
	return nil
}
