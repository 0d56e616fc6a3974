// Package sqlstoretest tests sqlstore on the databases that it is for. It is a
// module of its own, so that nothing else needs their drivers.
package sqlstoretest
