package wrapper

// For tests and fuzz targets of what parses bytes from elsewhere.
var (
	ParseRateLimit  = parseRateLimit
	ParseRetryAfter = parseRetryAfter
	Printable       = printable
)

// Operations are the operationIds that this package calls.
func Operations() []string {
	return []string{listOperation.id, createOperation.id, updateOperation.id, deleteOperation.id}
}
