package internal

import (
	_ "github.com/creack/pty"
	_ "github.com/getkin/kin-openapi/openapi3"
	_ "github.com/golang-jwt/jwt/v5"
	_ "github.com/oapi-codegen/runtime"
	_ "github.com/rogpeppe/go-internal/testscript"
	_ "github.com/speakeasy-api/openapi/overlay"
	_ "github.com/spf13/cobra"
	_ "go.uber.org/goleak"
	_ "go.yaml.in/yaml/v3"
	_ "golang.org/x/term"
)
