package wrapper_test

import (
	"errors"
	"fmt"
	"strings"

	"github.com/ascmarketplace/webhooks/wrapper"
)

// Is the file that is on the disk already the one that the version has?
func ExamplePackageFile_Verify() {
	file := wrapper.PackageFile{ // from PackageVersions
		ID: "a1", FileChecksum: "ab326f16dec533ba65139949246581c016b9d4c77d0de0046e65f48e575372a3",
	}
	fmt.Println(file.Verify(strings.NewReader("the package")))
	fmt.Println(errors.Is(file.Verify(strings.NewReader("the pack")), wrapper.ErrChecksum))
	// Output:
	// <nil>
	// true
}
