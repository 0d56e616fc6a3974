package spec

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path"
	"strings"
)

// maxUpstream caps what is unpacked of an archive: ten times Apple's document.
const maxUpstream = 64 << 20

// Upstream is Apple's document as published.
type Upstream struct {
	Version string // of the API, from info
	SHA256  string // of the JSON, in lower-case hex

	root map[string]any
}

// ReadUpstream reads Apple's document from a .json file, or from a .zip that
// holds exactly one. It tells them apart by their first bytes.
func ReadUpstream(name string) (*Upstream, error) {
	return read(name, parseUpstream)
}

// unzip returns the one .json file of an archive. What macOS adds beside it does not count.
func unzip(data []byte, limit int64) ([]byte, error) {
	archive, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return nil, err
	}
	var found []*zip.File
	for _, file := range archive.File {
		base := path.Base(file.Name)
		if strings.HasSuffix(base, ".json") && !strings.HasPrefix(base, ".") {
			found = append(found, file)
		}
	}
	if len(found) != 1 {
		return nil, fmt.Errorf("the archive holds %d .json files, not one", len(found))
	}
	file, err := found[0].Open()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", found[0].Name, err)
	}
	defer func() { _ = file.Close() }()
	unpacked, err := io.ReadAll(io.LimitReader(file, limit+1))
	if err == nil && int64(len(unpacked)) > limit {
		err = fmt.Errorf("more than %d MiB", limit>>20)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", found[0].Name, err)
	}
	return unpacked, nil
}

func parseUpstream(data []byte) (_ *Upstream, err error) {
	if bytes.HasPrefix(data, []byte("PK\x03\x04")) {
		if data, err = unzip(data, maxUpstream); err != nil {
			return nil, err
		}
	}
	root, err := decodeJSON(data)
	if err != nil {
		return nil, err
	}
	openapi, _ := root["openapi"].(string)
	if !strings.HasPrefix(openapi, "3.0.") {
		return nil, fmt.Errorf("not an OpenAPI 3.0 document: /openapi is %q", openapi)
	}
	for _, key := range []string{"info", "paths", "components"} {
		if _, ok := root[key].(map[string]any); !ok {
			return nil, fmt.Errorf("not an OpenAPI document: /%s is not an object", key)
		}
	}
	version, _ := root["info"].(map[string]any)["version"].(string)
	if version == "" {
		return nil, errors.New("not an OpenAPI document: /info/version is missing")
	}
	sum := sha256.Sum256(data)
	return &Upstream{Version: version, SHA256: hex.EncodeToString(sum[:]), root: root}, nil
}

func decodeJSON(data []byte) (map[string]any, error) {
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.UseNumber()
	var root any
	err := decoder.Decode(&root)
	if err == nil {
		if _, extra := decoder.Token(); extra != io.EOF {
			return nil, fmt.Errorf("not one JSON document: something follows at byte %d", decoder.InputOffset())
		}
	}
	switch {
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return nil, fmt.Errorf("the JSON is cut short after %d bytes", len(data))
	case err != nil:
		return nil, fmt.Errorf("not JSON: %w", err)
	}
	object, ok := root.(map[string]any)
	if !ok {
		return nil, errors.New("not an OpenAPI document: the JSON is not an object")
	}
	return object, nil
}
