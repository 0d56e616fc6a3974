package wrapper

// For tests and fuzz targets of what parses bytes from elsewhere.
var (
	ParseRateLimit  = parseRateLimit
	ParseRetryAfter = parseRetryAfter
	Printable       = printable
	SuccessStatus   = successStatus
)

// Redact is what becomes of a text in which a code is looked for.
func Redact(text, token, secret string) string {
	c := call{operation: operation{secret: NewSecret(secret)}, token: token}
	return c.redact(text, longOnly)
}

// RedactAny is what becomes of any other text.
func RedactAny(text, token, secret string) string {
	c := call{operation: operation{secret: NewSecret(secret)}, token: token}
	return c.redact(text, anyLength)
}
