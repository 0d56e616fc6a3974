package sandbox_test

import (
	"fmt"
	"os"
	"sync"
	"testing"

	"go.uber.org/goleak"
)

var seen sync.Map // operationIds whose responses were validated

func covered(operationID string) { seen.Store(operationID, true) }

// TestMain fails when an operation of the document was called by no test.
func TestMain(m *testing.M) {
	code := m.Run()
	if code == 0 && !selective(os.Args) {
		doc, err := document()
		if err != nil {
			panic(err)
		}
		for path, item := range doc.Paths.Map() {
			for method, operation := range item.Operations() {
				if _, ok := seen.Load(operation.OperationID); !ok {
					fmt.Printf("no test calls %s %s\n", method, path)
					code = 1
				}
			}
		}
		if err := goleak.Find(); err != nil {
			fmt.Println(err)
			code = 1
		}
	}
	os.Exit(code)
}

// selective reports whether only some tests are run.
func selective(args []string) bool {
	for _, arg := range args {
		for _, flag := range []string{"-test.run", "-test.skip", "-test.list", "-test.bench", "-test.short"} {
			if len(arg) >= len(flag) && arg[:len(flag)] == flag {
				return true
			}
		}
	}
	return false
}
