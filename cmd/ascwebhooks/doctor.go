package main

// Why does nothing arrive?

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/ascmarketplace/webhooks/internal/doctor"
	"github.com/ascmarketplace/webhooks/wrapper"
)

// doctorFlags are the flags of doctor.
type doctorFlags struct {
	*system
	caller
	app                         appFlags
	secretFile, check, nextFile string
	probe                       probeFlags
}

func newDoctor(sys *system) *cobra.Command {
	d := &doctorFlags{system: sys}
	cmd := &cobra.Command{
		Use:   "doctor",
		Short: "Find out why no notifications arrive",
		Long: `Go through what can keep notifications away: the key, the clock, the network, the
account, the app's webhooks, their endpoints and their deliveries. Each check is
ok, a warning, a failure or skipped, with what to do. The exit code is 1 if there is
a failure. The output holds no secret and no token.

It only reads from App Store Connect. To each registered endpoint it posts a ping
with a forged signature, which the receiver must refuse, and with a secret a
genuine one.

--check deliveries is for monitoring: with --next-file, which holds the time up to
which events were caught up with, it fails when events since then have not been
delivered for over 15 minutes.

--probe is for what this program assumes of App Store Connect and Apple does not
document: it tries that on your account, with webhooks of its own, which it deletes
at the end. It says what it will do and asks first. See docs/apple.md.`,
		Example: `  ascwebhooks doctor --app 6478000000 --secret-file secret.txt
  ascwebhooks doctor --app 6478000000 --output json | jq -r 'select(.status == "failure")'
  ascwebhooks doctor --app 6478000000 --check deliveries --next-file next.txt
  ascwebhooks doctor --probe --app 6478000000 --url https://probe.example/ --addr :8080 --record record`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := d.probe.check(cmd); err != nil {
				return err
			}
			if d.probe.on {
				return d.runProbe(cmd)
			}
			patient, err := d.patient()
			if err != nil {
				return err
			}
			app, err := d.app.given()
			if d.check != "" {
				app, err = d.app.needed()
			}
			if err != nil {
				return err
			}
			// Where the app can't be found, the examination says why.
			var findErr error
			if patient.AppID, findErr = d.findApp(cmd, app); findErr != nil && d.check != "" {
				return findErr
			}
			return cmp.Or(d.examine(cmd, patient), findErr)
		},
	}
	d.flags(cmd)
	d.app.add(cmd)
	secretFlag(cmd, &d.secretFile)
	cmd.Flags().StringVar(&d.check, "check", "", "make this `check` only: deliveries")
	complete(cmd, "check", "deliveries")
	cmd.Flags().StringVar(&d.nextFile, "next-file", "", "`path` of a file with the time up to which events were caught up with")
	completeFiles(cmd, "next-file")
	d.probe.flags(cmd)
	return cmd
}

func (d *doctorFlags) account() doctor.Account {
	return doctor.Account{
		Key: d.key, BaseURL: strings.TrimRight(d.server(), "/"), PlainHTTPHost: plainHTTPHost(), UserAgent: userAgent(),
		Transport: d.transport(),
	}
}

func (d *doctorFlags) patient() (p doctor.Doctor, err error) {
	if d.check != "" && d.check != "deliveries" {
		return p, usagef("--check must be deliveries")
	}
	p.Account = d.account()
	if p.Secret, err = d.secret(d.secretFile); err != nil || d.nextFile == "" {
		return p, err
	}
	content, err := d.readInput("--next-file", d.nextFile, 1<<10)
	if err != nil {
		return p, err
	}
	if p.Since, err = time.Parse(time.RFC3339, strings.TrimSpace(string(content))); err != nil {
		return p, usagef("--next-file must hold one time, such as 2026-11-24T10:00:00Z")
	}
	return p, nil
}

// findApp returns the app's ID. Only for a bundle ID does it need the key and the network.
func (d *doctorFlags) findApp(cmd *cobra.Command, app appFlags) (id string, err error) {
	if app.bundleID == "" {
		return app.id, nil
	}
	err = d.call(cmd, func(ctx context.Context, client *wrapper.Client) error {
		id, err = app.find(ctx, client)
		return err
	})
	return id, err
}

func (d *doctorFlags) examine(cmd *cobra.Command, patient doctor.Doctor) (err error) {
	ctx, stop := interruptible(cmd.Context())
	defer stop()
	failures := 0
	report := func(f doctor.Finding) {
		if f.Status == doctor.Failure {
			failures++
		}
		err = cmp.Or(err, d.print(f, findingText(f)))
	}
	if d.check == "deliveries" {
		patient.ExamineDeliveries(ctx, report)
	} else {
		patient.Examine(ctx, report)
	}
	switch {
	case err != nil:
		return err
	case ctx.Err() != nil:
		return errors.New("interrupted: what came last may be wrong")
	case failures == 1:
		return errors.New("one check failed")
	case failures > 0:
		return fmt.Errorf("%d checks failed", failures)
	}
	return nil
}

func findingText(f doctor.Finding) string {
	found := f.Found
	if f.About != "" {
		found = f.About + ": " + found
	}
	text := fmt.Sprintf("%-8s %-12s %s\n", f.Status, f.Check, oneLine(found))
	if f.Advice != "" {
		text += fmt.Sprintf("%22s%s\n", "", oneLine(f.Advice))
	}
	return text
}
