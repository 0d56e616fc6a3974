package doctor

// Fact is something that this module assumes of App Store Connect. The rows
// marked assumed in docs/apple.md are these, in their order.
type Fact struct {
	Text  string // as docs/apple.md has it
	Probe string // the name of what settles it; empty: nothing can
	Why   string // ... since
}

// The probes.
const (
	probeSecondCreate   = "second-create"
	probeEmptySecret    = "empty-secret"
	probeHTTP           = "http-endpoint"
	probeSameURL        = "same-url"
	probeFilters        = "list-filters"
	probeListed         = "listed"
	probePayload        = "payload"
	probeRedeliveryID   = "redelivery-id"
	probeRedeliverOnce  = "redeliver-once"
	probeDisabledPing   = "disabled-ping"
	probeAcknowledgment = "acknowledgment"
)

// Facts returns all of them.
func Facts() []Fact {
	return []Fact{
		{Text: "The response to a second create is 409", Probe: probeSecondCreate},
		{Text: "An empty secret is refused", Probe: probeEmptySecret},
		{Text: "A URL reads back as it was given",
			Why: "only a URL that is rewritten would tell, and nobody knows one"},
		{Text: "An endpoint URL should be https", Probe: probeHTTP},
		{Text: "The response to an eleventh is 409", Why: "it takes an app with ten"},
		{Text: "A marketplace registers its webhook for its own marketplace app",
			Why: "only an event of a package tells, which nobody can ask for"},
		{Text: "Two webhooks of one app may have the same URL", Probe: probeSameURL},
		{Text: "A list may lag behind a create",
			Why: "a list that shows it once proves nothing"},
		{Text: "A webhook's URL reads back as it was given",
			Why: "only a URL that is rewritten would tell, and nobody knows one"},
		{Text: "Filters for the state and for the latest date are refused", Probe: probeFilters},
		{Text: "A delivery is listed within five minutes of its creation", Probe: probeListed},
		{Text: "A delivery's payload is the posted body, byte for byte", Probe: probePayload},
		{Text: "A redelivery keeps the event's ID", Probe: probeRedeliveryID},
		{Text: "A delivery can be sent again only once", Probe: probeRedeliverOnce},
		{Text: "A ping to a disabled webhook is not posted", Probe: probeDisabledPing},
		{Text: "An error's own status may differ from the response's", Why: "no request brings it about"},
		{Text: "A proxy may respond with HTML, text, or nothing", Why: "it is about other people's proxies"},
		{Text: "How long a crash's log gets",
			Why: "no request makes a crash"},
		{Text: "Bundle IDs that differ in case only are the same",
			Why: "no account has two such apps"},
		{Text: "A package version is COMPLETED or REPLACED; what that means",
			Why: "only a marketplace has packages, and nothing asks for a new version"},
		{Text: "The key blob of a variant or a delta is base64; devices need it as it is",
			Why: "only a device tells"},
		{Text: "`fileChecksum` is a string; 64 hex digits are SHA-256, 32 are MD5",
			Why: "only a marketplace has packages; an unknown form is an error"},
		{Text: "An expired download URL gets 403",
			Why: "nobody knows how long one lives"},
		{Text: "Two with the same ID are the same", Why: "Apple posts one twice too rarely to wait for it"},
		{Text: "2xx acknowledges it; after anything else it may be posted again", Probe: probeAcknowledgment},
		{Text: "New types, versions and attributes may appear", Why: "it is about the future"},
	}
}

// Verdict is what a probe came to.
type Verdict string

// The verdicts.
const (
	Confirmed Verdict = "confirmed"
	Refuted   Verdict = "refuted"
	NotTried  Verdict = "not tried"
)

// Outcome is what is known of a fact after a run.
type Outcome struct {
	Fact      string  `json:"fact"`
	Probe     string  `json:"probe,omitempty"`
	Verdict   Verdict `json:"verdict"`
	Found     string  `json:"found"`
	RequestID string  `json:"request_id,omitempty"`
}
