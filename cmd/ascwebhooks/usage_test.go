package main

import (
	"regexp"
	"strings"
	"testing"
)

// TestUsage has command lines that are refused, and why: in one line that
// repeats no value.
func TestUsage(t *testing.T) {
	tests := []struct{ args, want string }{
		{"frobnicate", `unknown command frobnicate \(see 'ascwebhooks --help'\)`},
		{"notfy", `unknown command notfy; did you mean notify\? `},
		{"marketplace-webhooks creat",
			`unknown command creat; did you mean create\? \(see 'ascwebhooks marketplace-webhooks --help'\)`},
		{"marketplace-webhooks canary1", `unknown command \(not shown\) `},
		{"help canary1", `unknown command \(not shown\) `},
		{"help webhoks", `unknown command webhoks; did you mean webhooks\? `},
		{"help webhooks craete", `unknown command craete; did you mean create\? `},
		{"completion canary1", `unknown command \(not shown\) `},
		{"marketplace-webhooks get canary",
			`ascwebhooks marketplace-webhooks get takes no arguments, only flags, and got 1 \(see 'ascwebhooks marketplace-webhooks get --help'\)`},
		{"marketplace-webhooks delete canary 2", `ascwebhooks marketplace-webhooks delete takes one argument, \[ID\], and got 2 `},
		{"notify", `the argument URL is missing: write 'ascwebhooks notify URL' `},
		{"marketplace-webhooks get --frob=canary", `unknown flag --frob `},
		{"marketplace-webhooks get --key-id", `flag needs an argument: --key-id `},
		{"marketplace-webhooks get -xcanary", `flags are written as --name or --name=value; the only short one is -h `},
		{"marketplace-webhooks get --=canary", `flags are written as --name or --name=value; `},
		{"version --output canary", `--output must be text or json `},
		{"marketplace-webhooks delete --yes=canary", `--yes must be true or false `},
		{"marketplace-webhooks delete", `--yes is required where standard input is not a terminal`},
		{"token --lifetime canary", `--lifetime must be a duration such as 10m `},
		{"marketplace-webhooks create", `required flag\(s\) "endpoint-url" not set `},
		{"marketplace-webhooks ensure", `required flag\(s\) "endpoint-url" not set `},
		{"notify canary", `the URL must be an absolute http or https URL`},
		{"notify http://h/ --type canary", `--type must be one of AlternativeDistribution`},
		{"notify http://h/ --field canary", `--field must be name=value, such as app_id=6478000001 `},
		{"notify http://h/ --field package_id=1 --field package_id=2", `--field package_id can be given once: it is not a list `},
		{"notify http://h/ --type AppUnavailable --field package_id=canary",
			`--field must name a field of AppUnavailable: marketplace_app_id, app_id, event_timestamp `},
		{"notify http://h/ --field app_id=", `--field app_id must not be empty `},
		{"notify http://h/ --field event_timestamp=canary", `--field event_timestamp must be a time, such as 2026-01-31T12:00:00Z `},
		{"notify http://h/ --from canary --field app_id=1", `.* \[field from\] were all set `},
		{"notify http://h/ --forge --secret-file canary", `.* \[forge secret-file\] were all set `},
		{"webhooks create", `required flag\(s\) "endpoint-url", "event", "name" not set `},
		{"webhooks ensure --name n", `required flag\(s\) "endpoint-url", "event" not set `},
		{"webhooks get", `the argument ID is missing: write 'ascwebhooks webhooks get ID' `},
		{"webhooks list", `the app is missing: give --app or --bundle-id, or set ASC_APP_ID `},
		{"webhooks update canary", `nothing to change: give --name, `},
		{"webhooks delete canary", `--yes is required `},
		{"webhooks deliveries 1 --since canary", `--since must be a date such as .*, or how long ago, such as 24h or 2d `},
		{"webhooks deliveries 1 --since -24h", `--since must be a date such as `},
		{"webhooks catch-up 1 --since 11d", `--since is over ten days ago, and App Store Connect lists ten days `},
		{"webhooks catch-up 1 --since 2d --next-file canary", `.* \[next-file since\] were all set `},
		{"webhooks catch-up 1 --every 1ms", `--every must be at least a second, such as 5m `},
		{"webhooks catch-up 1 --forward canary", `--forward must be an absolute http or https URL`},
		{"webhooks catch-up 1 --forward http://h/ --dry-run", `the secret is missing: give --secret-file `},
		{"webhooks deliveries 1 --state canary", `--state must be failed, pending or succeeded `},
		{"package-version", `the argument ID is missing: write 'ascwebhooks package-version ID' `},
		{"webhooks create canary", `ascwebhooks webhooks create takes no arguments, only flags, and got 1 `},
		{"notify http://h/ --type buildUploadStateUpdated --field new=1 --field new=2", `--field new can be given once`},
		{"notify http://h/ --type alternativeDistributionPackageAvailableUpdated --field available=no",
			`--field available must be true or false `},
		{"notify http://user:canary@h/", `the URL must be an absolute http or https URL without a user`},
		{"listen --forward canary", `--forward must be an absolute http or https URL`},
		{"sandbox --addr canary", `--addr must be host:port, such as `},
		{"sandbox --addr 127.0.0.1:99999", `--addr must be host:port, such as `},
		{"sandbox --addr 127.0.0.1:canary", `--addr must be host:port, such as `},
		{"sandbox --control-addr :0", `--control-addr: ":0" is not on this machine: use 127.0.0.1, `},
	}
	for _, test := range tests {
		code, stdout, stderr := inProcess(t, strings.Fields(test.args)...)
		if code != exitUsage || stdout != "" || strings.Contains(stderr, "canary") || sticksToURL.MatchString(stderr) {
			t.Errorf("%s: exit code %d, stdout %q, stderr %q", test.args, code, stdout, stderr)
		}
		line := regexp.MustCompile(`^ascwebhooks: ` + test.want + `.*\n$`)
		if !line.MatchString(stderr) || !strings.HasSuffix(stderr, " --help')\n") {
			t.Errorf("%s: stderr %q, want %q", test.args, stderr, test.want)
		}
	}
}

// TestCompletion: the shell is offered values, file names where a file is
// wanted, and nothing elsewhere.
func TestCompletion(t *testing.T) {
	const files, noFiles = ":0\n", ":4\n"
	tests := map[string]string{
		"notify --type":                              "AppVersionsUnavailable\n",
		"marketplace-webhooks get --output":          "json\n" + noFiles,
		"webhooks create --event":                    "BUILD_UPLOAD_STATE_UPDATED\n",
		"webhooks deliveries id --state":             "failed\n",
		"webhooks get":                               noFiles,
		"package-version":                            noFiles,
		"marketplace-webhooks delete":                noFiles,
		"marketplace-webhooks create --endpoint-url": noFiles,
		"notify": noFiles,
		"marketplace-webhooks create --secret-file": files,
		"listen --secret-file":                      files,
		"notify --from":                             files,
		"token --key-file":                          files,
	}
	for args, want := range tests {
		words := append([]string{"__complete"}, strings.Fields(args)...)
		if _, stdout, _ := inProcess(t, append(words, "")...); !strings.Contains(stdout, want) {
			t.Errorf("%s <TAB>: %q lacks %q", args, stdout, want)
		}
	}
	_, help, _ := inProcess(t, "help", "completion", "bash")
	if !strings.Contains(help, "depends on the 'bash-completion' package") {
		t.Errorf("nobody learns that bash needs a package: %s", help)
	}
	for _, shell := range []string{"bash", "fish", "powershell", "zsh"} {
		if code, script, _ := inProcess(t, "completion", shell); code != exitOK || !strings.Contains(script, "ascwebhooks") {
			t.Errorf("completion %s: exit code %d, %d bytes", shell, code, len(script))
		}
	}
}
