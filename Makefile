# What maintainers and newcomers run. `make help` lists it.

BIN := bin
GOLANGCI_LINT := github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.15.0
BENCHSTAT := golang.org/x/perf/cmd/benchstat@v0.0.0-20260908200009-22c9c6c9d4da
GOVULNCHECK := golang.org/x/vuln/cmd/govulncheck@v1.9.0
GORELEASER := github.com/goreleaser/goreleaser/v2@v2.14.3
ACTIONLINT := github.com/rhysd/actionlint/cmd/actionlint@v1.7.12
FUZZTIME ?= 10s
# The newest Go release, which test-newest fetches through the module proxy. go.mod names the oldest that works.
GO_NEWEST := go1.27.3

.PHONY: help
help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-16s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: demo
demo: ## show every step against App Store Connect, simulated in memory
	go run ./cmd/ascwebhooks demo

.PHONY: test
test: ## run every test with the race detector, and without it those that count allocations, read much or trim Apple's document
	GORACE=atexit_sleep_ms=100 go test -race -shuffle=on -parallel 4 ./...
	go test -run 'Allocations$$|^Test(Apple|Large)' ./asctest ./auth ./internal/sandbox ./internal/spec ./notification ./wrapper

.PHONY: test-newest
test-newest: ## run every test with the newest Go, without the race detector
	GOTOOLCHAIN=$(GO_NEWEST) go test -shuffle=on ./...

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
tidy-check: ## check that go.mod and go.sum are tidy and match what was downloaded
	go mod tidy -diff
	go mod verify

.PHONY: modules
modules: ## vet and test the nested modules: examples, adapters, engines
	@for module in $$(git ls-files '*/go.mod'); do \
		module=$${module%/go.mod}; echo "== $$module"; \
		(cd $$module && go mod tidy -diff && go vet ./... && go test -race -shuffle=on ./... && \
			{ test ! -f norace_test.go || go test -shuffle=on ./...; }) || exit 1; \
	done

.PHONY: vuln
vuln: ## report known vulnerabilities, if the database can be reached
	@.ci/vuln $(GOVULNCHECK)

.PHONY: generate
generate: ## regenerate gen/, and what is embedded compressed, from openapi/
	go generate ./...

.PHONY: generate-check
generate-check: ## check that gen/ is up to date, without changing the tree
	@.ci/generate-check

.PHONY: fuzz
fuzz: ## run every fuzz target for FUZZTIME (10s)
	@.ci/fuzz $(FUZZTIME)

.PHONY: bench
bench: ## compare with a plain reference, in percent of it; bin/bench.txt has the runs
	@mkdir -p bin
	go test -run '^$$' -bench . -count 6 ./auth ./wrapper ./notification > bin/bench.txt || { cat bin/bench.txt; exit 1; }
	go run $(BENCHSTAT) -filter '.unit:p10-percent' bin/bench.txt

# The engines take turns in each round, so that a busy minute does not hit one of them alone.
ROUNDS ?= 6
.PHONY: bench-engines
bench-engines: ## compare a receiver in memory, on PostgreSQL, with River and on NATS, and pgxstore with pgx by hand
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
spec-diff: bin/spec ## show what UPSTREAM=path would change; fails if anything would
	@bin/spec diff "$(UPSTREAM)"

.PHONY: spec-test
spec-test: ## try spec-diff for real, with the tools it fetches through the module proxy
	SPEC_DIFF_TEST=1 go test -count=1 -run '^Test(Compare|Workflow)' ./internal/spec

DOCUMENTS := openapi/app-store-connect.yaml openapi/notifications.yaml openapi/sandbox.yaml
.PHONY: spec-lint
spec-lint: ## lint openapi/ as Redocly and Spectral do; needs npx, and is not part of the gate
	npx --yes @redocly/cli@1.34.5 lint $(DOCUMENTS)
	npx --yes @stoplight/spectral-cli@6.16.3 lint --ruleset openapi/.spectral.yaml --fail-severity warn \
		$(DOCUMENTS)

.PHONY: prism
prism: ## validate requests and responses of both webhooks with Prism; needs npx, and is not part of the gate
	@.ci/prism

.PHONY: spec-fetch
spec-fetch: ## fetch Apple's published archive into bin/app-store-connect.zip
	@mkdir -p bin
	curl --fail --silent --show-error --location --proto '=https' --max-time 300 -o bin/app-store-connect.zip "$(APPLE_ARCHIVE)"

.PHONY: spec-report
spec-report: bin/spec ## write bin/spec-report.txt if UPSTREAM=path would change anything
	@rm -f bin/spec-report.txt
	@code=0; bin/spec diff "$(UPSTREAM)" > bin/spec-report.txt || code=$$?; cat bin/spec-report.txt; \
	case $$code in \
	0) rm bin/spec-report.txt ;; \
	2) echo "written to bin/spec-report.txt" ;; \
	*) rm bin/spec-report.txt; exit $$code ;; \
	esac

.PHONY: spec-update
spec-update: ## after spec-report, make spec generate as far as it goes; the report tells if it fails
	@test ! -f bin/spec-report.txt || $(MAKE) --no-print-directory spec generate >> bin/spec-report.txt 2>&1 || \
		tail -n 5 bin/spec-report.txt

.PHONY: spec-pull-request
spec-pull-request: ## after spec-update, push it and open a pull request; only the weekly workflow runs it
	@.ci/spec-pull-request "$(UPSTREAM)"

.PHONY: release-check
release-check: ## check that the commit may be tagged as VERSION=v1.2.3 (or notification/pgxstore/v1.2.3)
	@.ci/release-check $(VERSION)

.PHONY: release-lint
release-lint: ## check the release's configuration, the workflows and their pinned actions
	go run $(GORELEASER) check
	go run $(ACTIONLINT)
	@.ci/pins

.PHONY: release-try
release-try: ## build the commit twice as a release would, and compare; publishes nothing
	@.ci/release-try $(GORELEASER)

.PHONY: release
release: ## build and publish the checked-out tag; only the release workflow runs it
	@mkdir -p bin && .ci/release-notes > bin/release-notes.md
	go run $(GORELEASER) release --clean --release-notes bin/release-notes.md
