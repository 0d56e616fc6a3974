# What maintainers and newcomers run. `make help` lists it.

BIN := bin
GOLANGCI_LINT := github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.15.0
BENCHSTAT := golang.org/x/perf/cmd/benchstat@v0.0.0-20260908200009-22c9c6c9d4da
GOVULNCHECK := golang.org/x/vuln/cmd/govulncheck@v1.9.0
GORELEASER := github.com/goreleaser/goreleaser/v2@v2.14.3
ACTIONLINT := github.com/rhysd/actionlint/cmd/actionlint@v1.7.12
FUZZTIME ?= 10s

.PHONY: help
help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-16s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: demo
demo: ## show the whole path against an App Store Connect in memory
	go run ./cmd/ascwebhooks demo

.PHONY: test
test: ## run every test with the race detector, and without it those that count allocations
	GORACE=atexit_sleep_ms=100 go test -race -shuffle=on ./...
	go test -run 'Allocations$$' ./auth ./wrapper ./notification

.PHONY: lint
lint: ## gofmt, go vet, golangci-lint
	@unformatted=$$(gofmt -l .); test -z "$$unformatted" || { echo "gofmt these files:"; echo "$$unformatted"; exit 1; }
	go vet ./...
	@for platform in linux/386 linux/arm windows/amd64 darwin/arm64; do \
		echo "go vet ./... for $$platform"; \
		CGO_ENABLED=0 GOOS=$${platform%/*} GOARCH=$${platform#*/} go vet ./... || exit 1; \
	done
	go run $(GOLANGCI_LINT) run ./...

.PHONY: tidy-check
tidy-check: ## go.mod and go.sum are tidy and what they say is what was downloaded
	go mod tidy -diff
	go mod verify

.PHONY: modules
modules: ## vet and test the modules of their own below this one: engines, examples, adapters
	@for module in $$(git ls-files '*/go.mod'); do \
		module=$${module%/go.mod}; echo "== $$module"; \
		(cd $$module && go mod tidy -diff && go vet ./... && go test -race -shuffle=on ./...) || exit 1; \
	done

.PHONY: vuln
vuln: ## report known vulnerabilities, where the database can be reached
	@.ci/vuln $(GOVULNCHECK)

.PHONY: generate
generate: ## write gen/ anew from openapi/
	go generate ./...

.PHONY: generate-check
generate-check: ## gen/ is what openapi/ generates; leaves the tree alone
	@.ci/generate-check

.PHONY: fuzz
fuzz: ## run every fuzz target for FUZZTIME (10s)
	@.ci/fuzz $(FUZZTIME)

.PHONY: bench
bench: ## our code beside a plain reference, in percent of it, by benchstat; the runs are in bin/bench.txt
	@mkdir -p bin
	go test -run '^$$' -bench . -count 6 ./auth ./wrapper ./notification > bin/bench.txt || { cat bin/bench.txt; exit 1; }
	go run $(BENCHSTAT) -filter '.unit:p10-percent' bin/bench.txt

# As many rounds as asked for, the engines in turn, so that a busy minute does not hit one of them alone.
ROUNDS ?= 6
.PHONY: bench-engines
bench-engines: ## a receiver in memory, on SQLite, MariaDB, PostgreSQL, with river, on NATS; pgxstore beside the same by hand
	@mkdir -p bin && rm -f bin/bench-engines.txt
	@for round in $$(seq $(ROUNDS)); do \
		go -C internal/enginebench test -run '^$$' -bench . -benchtime 1x >> bin/bench-engines.txt && \
		go -C notification/pgxstore test -run '^$$' -bench . -benchtime 100x >> bin/bench-engines.txt || \
		{ cat bin/bench-engines.txt; exit 1; }; \
	done
	go run $(BENCHSTAT) -filter '.unit:(per-second OR p50-ms OR p99-ms OR p10-percent)' bin/bench-engines.txt

.PHONY: soak
soak: ## 100,000 calls from 64 goroutines with 20% faults, over HTTP/1 and HTTP/2
	go test -tags soak -run '^TestSoak$$' -count 1 -v -timeout 10m ./wrapper

# Apple's document, as published: UPSTREAM=path/to/the.json-or.zip
APPLE_ARCHIVE := https://developer.apple.com/sample-code/app-store-connect/app-store-connect-openapi-specification.zip

.PHONY: bin/spec
bin/spec:
	@go build -o $@ ./internal/cmd/spec

.PHONY: spec
spec: bin/spec ## write openapi/app-store-connect.yaml anew from UPSTREAM=path (.json or .zip)
	@bin/spec trim "$(UPSTREAM)"

.PHONY: spec-diff
spec-diff: bin/spec ## tell what UPSTREAM=path would change, against FROM=path (ours); fails unless that is nothing
	@bin/spec diff -from "$(FROM)" "$(UPSTREAM)"

.PHONY: spec-test
spec-test: ## try spec-diff for real, with the tools it fetches through the module proxy
	SPEC_DIFF_TEST=1 go test -count=1 -run '^TestCompare' ./internal/spec

DOCUMENTS := openapi/app-store-connect.yaml openapi/notifications.yaml openapi/sandbox.yaml
.PHONY: spec-lint
spec-lint: ## lint openapi/ as Redocly and Spectral do; needs npx, and is not part of the gate
	npx --yes @redocly/cli@1.34.5 lint $(DOCUMENTS)
	npx --yes @stoplight/spectral-cli@6.16.3 lint --ruleset openapi/.spectral.yaml --fail-severity warn \
		$(DOCUMENTS)

.PHONY: prism
prism: ## judge requests and responses of both webhooks by Prism; needs npx, and is not part of the gate
	@.ci/prism

.PHONY: spec-fetch
spec-fetch: ## fetch Apple's published archive into bin/app-store-connect.zip
	@mkdir -p bin
	curl --fail --silent --show-error --location --proto '=https' --max-time 300 -o bin/app-store-connect.zip "$(APPLE_ARCHIVE)"

.PHONY: spec-report
spec-report: bin/spec ## write bin/spec-report.txt when UPSTREAM=path changes anything or cannot be taken over
	@rm -f bin/spec-report.txt
	@code=0; bin/spec diff "$(UPSTREAM)" > bin/spec-report.txt 2>&1 || code=$$?; cat bin/spec-report.txt; \
	case $$code in \
	0) rm bin/spec-report.txt ;; \
	3|4) echo "written to bin/spec-report.txt" ;; \
	*) exit $$code ;; \
	esac

.PHONY: release-check
release-check: ## whether what is committed may be tagged as VERSION=v1.2.3 (or notification/pgxstore/v1.2.3)
	@.ci/release-check $(VERSION)

.PHONY: release-lint
release-lint: ## whether the release's configuration, the workflows and their pins are well-formed
	go run $(GORELEASER) check
	go run $(ACTIONLINT)
	@.ci/pins

.PHONY: release-try
release-try: ## build what is committed twice as a release would, and compare; publishes nothing
	@.ci/release-try $(GORELEASER)

.PHONY: release
release: ## build and publish the tag that is checked out; only the release workflow runs it
	@mkdir -p bin && .ci/release-notes > bin/release-notes.md
	go run $(GORELEASER) release --clean --release-notes bin/release-notes.md
