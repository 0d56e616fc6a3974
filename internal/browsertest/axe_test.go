package browsertest

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"

	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

const axeVersion = "4.14.1"

// axe is the script of axe-core, by npm.
var axe = sync.OnceValues(func() (string, error) {
	folder, err := os.MkdirTemp("", "axe-")
	if err != nil {
		return "", err
	}
	defer func() { _ = os.RemoveAll(folder) }()
	pack := exec.Command("npm", "pack", "--silent", "axe-core@"+axeVersion)
	pack.Dir = folder
	if out, err := pack.CombinedOutput(); err != nil {
		return "", fmt.Errorf("npm pack: %w %s", err, out)
	}
	packed, err := os.ReadFile(filepath.Join(folder, "axe-core-"+axeVersion+".tgz"))
	if err != nil {
		return "", err
	}
	unzipped, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return "", err
	}
	for files := tar.NewReader(unzipped); ; {
		header, err := files.Next()
		if err != nil {
			return "", errors.Join(errors.New("there is no axe.min.js"), err)
		}
		if header.Name == "package/axe.min.js" {
			script, err := io.ReadAll(files)
			return string(script), err
		}
	}
})

// accessible lets axe-core look at the page as it is. Where there is no npm, or nothing to fetch axe-core from, this
// is left out.
func (s *story) accessible(when string) {
	s.Helper()
	script, err := axe()
	if err != nil {
		s.Logf("without axe-core: %v", err)
		return
	}
	var violations []string
	s.run(chromedp.Evaluate(script+"; 0", nil), chromedp.Evaluate(
		`axe.run().then(({violations}) => violations.map((v) => v.id + ": " + v.help + ": " + v.nodes.map((n) => n.html).join(" ")))`,
		&violations, awaitPromise))
	if len(violations) > 0 {
		s.Errorf("%s axe-core objects to\n%s", when, strings.Join(violations, "\n"))
	}
}

func awaitPromise(p *runtime.EvaluateParams) *runtime.EvaluateParams { return p.WithAwaitPromise(true) }
