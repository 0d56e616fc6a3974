package main

// What App Store Connect really does.

import (
	"cmp"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/ascmarketplace/webhooks/internal/doctor"
)

// probeFlags are the flags of doctor --probe.
type probeFlags struct {
	on, yes           bool
	url, addr, record string
}

func (p *probeFlags) flags(cmd *cobra.Command) {
	cmd.Flags().BoolVar(&p.on, "probe", false, "try what this program assumes of App Store Connect")
	cmd.Flags().StringVar(&p.url, "url", "", "`URL` of the webhooks that --probe creates: https, or http on a loopback host")
	cmd.Flags().StringVar(&p.addr, "addr", "", "`address` to which --url leads, such as :8080; without it what arrives is\nnot seen")
	cmd.Flags().StringVar(&p.record, "record", "", "new or empty `directory` for what --probe sends and receives, without what\nis private")
	completeFiles(cmd, "record")
	yesFlag(cmd, &p.yes)
}

func (p *probeFlags) check(cmd *cobra.Command) error {
	only := []string{"check", "next-file", "secret-file"}
	if !p.on {
		only = []string{"url", "addr", "record", "yes"}
	}
	for _, flag := range only {
		switch {
		case cmd.Flags().Changed(flag) && p.on:
			return usagef("--%s has no use with --probe", flag)
		case cmd.Flags().Changed(flag):
			return usagef("--%s has no use without --probe", flag)
		}
	}
	return nil
}

func (d *doctorFlags) runProbe(cmd *cobra.Command) (err error) {
	probe := doctor.Probe{Account: d.account(), URL: d.probe.url}
	if err := probe.CheckURL(); err != nil {
		return usagef("--url: %w", err)
	}
	app, err := d.app.needed()
	if err == nil {
		err = d.canConfirm(d.probe.yes)
	}
	if err == nil {
		probe.AppID, err = d.findApp(cmd, app)
	}
	if err != nil {
		return err
	}
	if d.probe.addr != "" {
		if probe.Listener, _, err = listenOn(d.probe.addr); err != nil {
			return err
		}
		defer func() { _ = probe.Listener.Close() }()
	}
	ctx, stop := interruptible(cmd.Context())
	defer stop()
	for i, step := range probe.Plan() {
		d.infof("%d. %s", i+1, oneLine(step))
	}
	if !d.probe.yes && !d.confirm(ctx, "Do this on "+probe.BaseURL+"?") {
		return errors.New("nothing was tried")
	}
	if d.probe.record != "" {
		if probe.Record, err = doctor.NewRecord(d.probe.record); err != nil {
			return usagef("--record: %w", err)
		}
		defer func() { _ = probe.Record.Close() }()
	}
	var printErr error
	err = probe.Run(ctx, func(o doctor.Outcome) { printErr = cmp.Or(printErr, d.print(o, outcomeText(o))) })
	if ctx.Err() != nil && err == nil {
		err = errors.New("interrupted; what was created is deleted")
	}
	return cmp.Or(err, printErr)
}

func outcomeText(o doctor.Outcome) string {
	text := fmt.Sprintf("%-9s  %s: %s", o.Verdict, o.Fact, o.Found)
	if o.RequestID != "" {
		text += " (request " + o.RequestID + ")"
	}
	return oneLine(text) + "\n"
}
