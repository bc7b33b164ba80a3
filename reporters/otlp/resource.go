package otlp

import (
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"time"

	"monkit.example/internal/safelog"
	"monkit.example/monkit"
)

// processStart is when every counter of this process was zero.
var processStart = time.Now()

// resource returns the attributes of the resource: those that this process
// finds out, replaced by those of the environment, replaced by those of o. It
// logs an environment variable that cannot be read.
func (o Options) resource() []monkit.SeriesTag {
	all := found()
	env, err := parseAttributes(os.Getenv("OTEL_RESOURCE_ATTRIBUTES"))
	if log := safelog.Wrap(o.Send.Logger); err != nil && log != nil {
		log.Error("the environment variable OTEL_RESOURCE_ATTRIBUTES is ignored", "err", err)
	}
	if name := os.Getenv("OTEL_SERVICE_NAME"); name != "" {
		env = append(env, monkit.SeriesTag{Key: "service.name", Val: name})
	}
	for _, attr := range env {
		all[attr.Key] = attr.Val
	}
	for key, val := range o.Resource {
		all[key] = val
	}
	if o.Service != "" {
		all["service.name"] = o.Service
	}
	var attrs []monkit.SeriesTag
	for key, val := range all {
		if key != "" && val != "" {
			attrs = append(attrs, monkit.SeriesTag{Key: key, Val: val})
		}
	}
	slices.SortFunc(attrs, func(a, b monkit.SeriesTag) int { return strings.Compare(a.Key, b.Key) })
	return attrs
}

// found returns what the process knows of itself.
func found() map[string]string {
	host, _ := os.Hostname() // without it, the attribute is left out
	attrs := map[string]string{
		"service.name":           strings.TrimSuffix(filepath.Base(os.Args[0]), ".exe"),
		"service.instance.id":    host + ":" + strconv.Itoa(os.Getpid()),
		"host.name":              host,
		"telemetry.sdk.name":     "monkit",
		"telemetry.sdk.language": "go",
	}
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "(devel)" {
		attrs["service.version"] = info.Main.Version
	}
	return attrs
}

// parseAttributes parses the value of OTEL_RESOURCE_ATTRIBUTES: key=value pairs
// with commas between them, and characters of values as %XX. One pair that is
// wrong makes the whole value an error.
func parseAttributes(s string) (attrs []monkit.SeriesTag, err error) {
	if strings.TrimSpace(s) == "" {
		return nil, nil
	}
	for pair := range strings.SplitSeq(s, ",") {
		key, val, ok := strings.Cut(pair, "=")
		key = strings.TrimSpace(key)
		if !ok || key == "" {
			return nil, fmt.Errorf("%q is not key=value; write key=value,key=value, with a comma in a value as %%2C", pair)
		}
		if val, err = url.PathUnescape(strings.TrimSpace(val)); err != nil {
			return nil, fmt.Errorf("the value of %q: %w; write a %% as %%25", key, err)
		}
		attrs = append(attrs, monkit.SeriesTag{Key: key, Val: val})
	}
	return attrs, nil
}
