//go:build tools

package webhooks

import _ "github.com/oapi-codegen/oapi-codegen/v2/cmd/oapi-codegen"
