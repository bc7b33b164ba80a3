package tracing

// Annotations that exporters know the meaning of. Kind is KindServer or
// KindClient, and missing for calls within a process; Peer is the host and
// port of who was called. The others are of HTTP.
const (
	Kind       = "span.kind"
	KindServer = "server"
	KindClient = "client"
	Peer       = "peer.address"

	HTTPMethod = "http.method"
	HTTPURI    = "http.uri"
	HTTPRoute  = "http.route"
	HTTPStatus = "http.responsecode"
)
