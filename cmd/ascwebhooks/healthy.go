package main

// Whether a server is up, for health checks of containers, whose image has no shell.

import (
	"fmt"
	"net/http"
	"time"

	"github.com/spf13/cobra"
)

func newHealthy(sys *system) *cobra.Command {
	return &cobra.Command{
		Use:   "healthy URL",
		Short: "Check that a server is up, for health checks of containers",
		Long: `Get a URL, and exit with 0 if the response is 2xx within five seconds, and
otherwise with 1. The sandbox and listen have /healthz for it.`,
		Example: "  ascwebhooks healthy http://127.0.0.1:8080/healthz",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := checkTarget("the URL", args[0]); err != nil {
				return err
			}
			request, err := http.NewRequestWithContext(cmd.Context(), http.MethodGet, args[0], nil)
			if err != nil {
				return usagef("the URL cannot be requested")
			}
			response, err := poster{timeout: 5 * time.Second}.do(request)
			if err != nil {
				return fmt.Errorf("not healthy: %w", err)
			}
			_ = response.Body.Close()
			if response.StatusCode/100 != 2 {
				return fmt.Errorf("not healthy: the server responded %s", statusText(response.StatusCode))
			}
			return sys.print(map[string]any{"healthy": true, "status": response.StatusCode}, "healthy\n")
		},
	}
}
