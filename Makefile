# What maintainers and newcomers run. `make help` lists it.

BIN := bin
GOLANGCI_LINT := github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.15.0
GOVULNCHECK := golang.org/x/vuln/cmd/govulncheck@v1.9.0
FUZZTIME ?= 10s

.PHONY: help
help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-16s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: demo
demo: ## show the whole path against an App Store Connect in memory
	go run ./cmd/ascwebhooks demo

.PHONY: test
test: ## run every test with the race detector
	go test -race -shuffle=on ./...

.PHONY: lint
lint: ## gofmt, go vet, golangci-lint
	@unformatted=$$(gofmt -l .); test -z "$$unformatted" || { echo "gofmt these files:"; echo "$$unformatted"; exit 1; }
	go vet ./...
	go run $(GOLANGCI_LINT) run ./...

.PHONY: tidy-check
tidy-check: ## go.mod and go.sum are tidy and what they say is what was downloaded
	go mod tidy -diff
	go mod verify

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

.PHONY: soak
soak: ## 100,000 calls from 64 goroutines with 20% faults
	go test -tags soak -run '^TestSoak$$' -count 1 -v -timeout 5m ./wrapper
