package contract

// FieldError says which value of a configuration is not possible, and why. It never quotes the value.
type FieldError struct {
	Field   string // such as webhooks[0].url
	Message string
}

func (e *FieldError) Error() string { return "asctest: " + e.Field + ": " + e.Message }
