# make prints this list. The README's test command is: go test work
SHELL := /bin/bash
BIN := $(CURDIR)/.bin
GO_MODULES := . integrations/langchaingo integrations/langchaingo/apitest integrations/openai integrations/openai/apitest integrations/otel server cmd/langshark examples
OWN_WORKSPACES := bench integrations/llmhttp/sdktest

.PHONY: help
help: ## print this list
	@awk -F':.*## ' '/^[a-z-]+:.*## /{printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: test
test: ## all tests of all modules (go test work)
	go test work

.PHONY: race
race: ## the same under the race detector
	go test -race work

.PHONY: sdks
sdks: ## the providers' own SDKs behind llmhttp.Transport, under the race detector
	go -C integrations/llmhttp/sdktest test -race ./...

.PHONY: tools
tools: $(BIN)/.stamp ## build the tools into .bin

$(BIN)/.stamp: tools/go.mod tools/go.sum
	GOWORK=off GOBIN=$(BIN) go -C tools install tool
	@touch $@

.PHONY: lint
lint: tools ## format and lint every module
	@for m in $(GO_MODULES); do echo "lint $$m"; (cd $$m && $(BIN)/golangci-lint run --config $(CURDIR)/.golangci.yml ./...) || exit 1; done
	@cd tools && GOWORK=off $(BIN)/golangci-lint run --config $(CURDIR)/.golangci.yml ./...
	@for m in $(OWN_WORKSPACES); do (cd $$m && $(BIN)/golangci-lint run --config $(CURDIR)/.golangci.yml ./...) || exit 1; done

.PHONY: tidy
tidy: ## go mod tidy in every published module, siblings from the checkout
	GOWORK=off go -C tools run ./tidy -root ..

.PHONY: generate
generate: ## make templates and assets again; a clean tree afterwards means they were current
	cd server && go generate ./ui/...

.PHONY: bench
bench: ## the SDK beside its peers, as tables on stdout (ARGS="-quick" for a smoke test)
	go -C bench run . $(ARGS)

.PHONY: bench-server
bench-server: ## the server: ingest, reads, maintenance and mixed load, as tables on stdout (ARGS="-quick" for a smoke test)
	go -C bench run ./server $(ARGS)

.PHONY: fuzz
fuzz: ## every fuzz target for FUZZTIME (10s)
	.ci/fuzz $(or $(FUZZTIME),10s)

.PHONY: faults
faults: ## the fault suite COUNT times (1) under the race detector, then KILLS processes killed (3)
	go test -race -count=$(or $(COUNT),1) -timeout=4h ./exporter ./exporter/spool
	LANGSHARK_TEST_KILLS=$(or $(KILLS),3) go test -race -count=1 -timeout=1h -v -run '^TestAKilledProcessLosesNothingThatWasOnDisk$$' ./exporter

.PHONY: soak
soak: ## the long forms, some hours: faults 20 times, 50 kills, the store's 30, ten minutes of mixed load, races three times, all cross builds, fuzzing 5 minutes each
	$(MAKE) faults COUNT=20 KILLS=50
	LANGSHARK_TEST_KILLS=30 go test -race -count=1 -timeout=2h -v -run '^Test(Kill|FullDisk)' ./server/store/sqlite
	$(MAKE) bench-server ARGS="-sections mixed -minutes 10"
	go test -race -count=3 -timeout=2h work
	$(MAKE) cross
	.ci/fuzz 5m

.PHONY: check
check: ## what CI runs besides the tests: lint, tidy, generated files, importers, cross builds
	$(MAKE) lint
	GOWORK=off go -C tools run ./tidy -root .. -check
	$(MAKE) generate
	git diff --exit-code -- server/ui
	GOWORK=off go -C tools test ./...
	go -C bench test ./...
	CGO_ENABLED=0 GOOS=freebsd go build ./...
	for m in $(GO_MODULES); do (cd $$m && CGO_ENABLED=0 GOOS=windows go build ./...) || exit 1; done
	for m in $(filter-out server cmd/langshark examples,$(GO_MODULES)); do (cd $$m && CGO_ENABLED=0 GOOS=darwin go build ./...) || exit 1; done
	cd server && CGO_ENABLED=0 GOOS=darwin go build ./internal/... ./media ./webhook ./ingest/... # all but the engine, whose build takes minutes; make soak has it

.PHONY: cross
cross: ## every module for every system
	for os in windows darwin; do for m in $(GO_MODULES); do (cd $$m && CGO_ENABLED=0 GOOS=$$os go build ./...) || exit 1; done; done
