package notification

// NewMemory is the default Deduplicator.
var NewMemory = newMemory
