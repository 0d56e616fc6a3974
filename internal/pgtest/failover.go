//go:build unix

package pgtest

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// MakeReadOnly lets the cluster refuse to write, and keeps its connections.
func (c *Cluster) MakeReadOnly(tb testing.TB) {
	tb.Helper()
	for _, statement := range []string{"ALTER SYSTEM SET default_transaction_read_only = on", "SELECT pg_reload_conf()"} {
		c.run(tb, "psql", "--quiet", "--host="+c.dir(), "--username=postgres", "--command="+statement)
	}
}

// An Address leads to a cluster, and later to another one.
type Address struct{ link string }

// NewAddress returns one that leads to a cluster.
func NewAddress(tb testing.TB, to *Cluster) *Address {
	tb.Helper()
	dir, err := os.MkdirTemp("", "pgaddress")
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = os.RemoveAll(dir) })
	a := &Address{filepath.Join(dir, "at")}
	a.Move(tb, to)
	return a
}

// Move lets new connections lead to another cluster; those there are stay.
func (a *Address) Move(tb testing.TB, to *Cluster) {
	tb.Helper()
	_ = os.Remove(a.link)
	if err := os.Symlink(to.dir(), a.link); err != nil {
		tb.Fatal(err)
	}
}

// URL is a database's, which [Cluster.NewDatabase] returned, at this address.
func (a *Address) URL(database string) string {
	before, after, _ := strings.Cut(database, "host=")
	_, rest, _ := strings.Cut(after, "&")
	return before + "host=" + a.link + "&" + rest
}
