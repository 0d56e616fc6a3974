package wrapper

// For tests and fuzz targets of what parses bytes from elsewhere.
var (
	ParseRateLimit  = parseRateLimit
	ParseRetryAfter = parseRetryAfter
	Printable       = printable
	SuccessStatus   = successStatus
)
