// Package enginebench measures a receiver on each of the engines of
// docs/scaling.md. It is a module of its own, so that nothing else needs them.
package enginebench
