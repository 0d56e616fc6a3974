package main

import (
	"errors"
	"time"

	"github.com/spf13/cobra"

	"github.com/ascmarketplace/webhooks/auth"
)

func newToken(sys *system) *cobra.Command {
	var key auth.KeyHint
	var scope []string
	var lifetime time.Duration
	cmd := &cobra.Command{
		Use:   "token",
		Short: "Print a token for curl and other tools",
		Long: `Print a new token, and nothing else, for the Authorization header of other tools.
The token is a secret: whoever has it can do what the key can, until it expires.
With --scope it can only read.`,
		Example: `  curl -H "Authorization: Bearer $(ascwebhooks token)" https://api.appstoreconnect.apple.com/v1/marketplaceWebhooks
  ascwebhooks token --lifetime 5m --scope 'GET /v1/marketplaceWebhooks'`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			var opts []auth.Option
			if cmd.Flags().Changed("lifetime") {
				opts = append(opts, auth.WithLifetime(lifetime))
			}
			if len(scope) > 0 {
				opts = append(opts, auth.WithScope(scope...))
			}
			_, tokens, err := newTokenSource(key, opts...)
			if option, ok := errors.AsType[*auth.OptionError](err); ok {
				flag := map[string]string{"WithLifetime": "--lifetime", "WithScope": "--scope"}[option.Option]
				return usagef("%s: %s", flag, option.Reason)
			}
			if err != nil {
				return err
			}
			token, err := tokens.Token(cmd.Context())
			if err != nil {
				return err
			}
			return sys.print(map[string]string{"token": token}, token+"\n")
		},
	}
	cmd.Flags().StringArrayVar(&scope, "scope", nil, "a `request` that the token is good for, such as 'GET /v1/marketplaceWebhooks' (repeatable)")
	cmd.Flags().DurationVar(&lifetime, "lifetime", 0, "`duration` between iat and exp, 3m to 20m (default 15m)")
	keyFlags(cmd, &key)
	return cmd
}
