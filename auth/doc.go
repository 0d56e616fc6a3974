// Package auth turns an App Store Connect API key into the signed tokens that
// the API requires.
//
// [FindKey] finds the key where operators already keep it: a file, the
// environment, or Apple's usual folders. [ReadKeyFile] reads one file and
// looks nowhere else. A [TokenSource] signs with that key, as the example of
// [NewTokenSource] shows.
//
// One TokenSource serves the whole program. It signs once and returns the same
// token until shortly before it expires, to any number of goroutines. After a
// 401, Refused drops the token and measures how far the clock is off.
//
// A key that never leaves a KMS or HSM works too: a [Key] takes any
// [crypto.Signer] for ECDSA on P-256.
//
// Errors tell two cases apart, for [errors.Is]: [ErrKeyNotFound], no key is
// configured; [ErrInvalidKey], one is and cannot be used. No error, and no
// printing, logging or encoding of a Key or TokenSource, shows a private key
// or a token.
//
// Apple's page: https://developer.apple.com/documentation/appstoreconnectapi/generating-tokens-for-api-requests
package auth
