package auth

import "time"

// Refusals are all the errors that parsing a private key returns.
var Refusals = []error{
	refusedEmpty, refusedTooLarge, refusedUnknown, refusedMalformed, refusedEncrypted,
	refusedRSA, refusedCurve, refusedPublic, refusedCertificate, refusedKind,
}

// SetWallClock replaces the wall clock. The monotonic clock stays the process's,
// or the bubble's under synctest.
func (s *TokenSource) SetWallClock(now func() time.Time) {
	s.clocks = func() (wall, monotonic time.Time) { return now().Round(0), time.Now() }
}
