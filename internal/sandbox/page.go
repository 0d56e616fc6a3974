package sandbox

import (
	"embed"
	"io/fs"
	"net/http"
	"path"
)

//go:embed page
var files embed.FS

// contentTypes are set here, since a machine may have other ideas.
var contentTypes = map[string]string{
	".html": "text/html; charset=utf-8", ".js": "text/javascript; charset=utf-8",
	".css": "text/css; charset=utf-8", ".svg": "image/svg+xml",
}

// servePage serves the static files of the page.
func servePage(w http.ResponseWriter, r *http.Request) {
	name := path.Base(r.URL.Path)
	if r.URL.Path == "/" {
		name = "index.html"
	}
	content, err := fs.ReadFile(files, "page/"+name)
	if err != nil || r.URL.Path != "/" && r.URL.Path != "/"+name {
		writeError(w, refusal{status: http.StatusNotFound, message: "there is no such path: see /openapi.yaml"})
		return
	}
	w.Header().Set("Content-Type", contentTypes[path.Ext(name)])
	_, _ = w.Write(content)
}
