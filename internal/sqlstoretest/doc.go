// Package sqlstoretest has the tests of package sqlstore on real databases, in a
// module of its own for their drivers' sake.
package sqlstoretest
