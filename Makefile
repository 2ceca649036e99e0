# make run    a running onegov with demo people
# make test   everything that CI runs, on a machine with nothing but Go and npm
# make lint   the quick part of it: format, vet, staticcheck, house rules
# make races  a hundred thousand reads against a thousand of each act that ends
#             them, on both engines (make test races two thousand)
# make fuzz   two hundred thousand tries of every fuzz target
# make bench  the measurements, on both engines
# make pictures  what the README shows, from the running program

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
.PHONY: run build test lint fuzz races bench pictures fetch

STATICCHECK := build/tools/staticcheck@v0.8.2
TEMPL := build/tools/templ@v0.3.977

run: build
	build/portico serve instances/onegov --demo --data ./data --keys ./keys

build: fetch
	go build -trimpath -o build/portico ./cmd/portico

# Fuzzed are the decoders that stand alone; the others need the store compiled
# anew, which takes longer than they would run (make fuzz has all of them; their
# seeds are tests). vet has run in lint. The tests come last, so that the last
# lines are go test's own.
test: fetch lint
	scripts/ensure.sh gcc gcc libc6-dev
	scripts/ensure.sh chromium-headless-shell chromium-headless-shell
	scripts/ensure.sh clamd clamav-daemon
	scripts/fuzz.sh 50000x internal/platform/strict internal/policy/text internal/contact/inbound internal/uploads/pdf
	scripts/postgres.sh scripts/tests.sh

lint: $(STATICCHECK) $(TEMPL)
	@unformatted=$$(gofmt -l cmd internal); if [ -n "$$unformatted" ]; then echo "gofmt would change: $$unformatted" >&2; exit 1; fi
	scripts/generated.sh $(CURDIR)/$(TEMPL)
	go vet ./...
	$(STATICCHECK) ./...
	go test ./internal/arch

fuzz:
	scripts/fuzz.sh 200000x

races: fetch
	scripts/ensure.sh gcc gcc libc6-dev
	scripts/postgres.sh go test -race -timeout 60m -run ReadsRace -v ./internal/retention -args -reads 100000

bench: build
	scripts/postgres.sh --durable go test -run '^$$' -bench PermittedRead -benchtime 1x ./internal/vault
	scripts/postgres.sh --durable go test -run '^$$' -bench 'Application|Queue|Notices|Payment' -benchtime 1x ./internal/app
	scripts/flushes.sh
	build/portico bench instances/onegov
	scripts/postgres.sh --durable bash -c 'build/portico bench --database "$$PORTICO_TEST_POSTGRES" instances/onegov'

pictures: fetch
	scripts/ensure.sh chromium-headless-shell chromium-headless-shell
	go test -count=1 -run TestThePermitFromStartToProofInABrowser ./internal/app -pictures $(CURDIR)/docs/pictures

fetch:
	scripts/npm.sh

build/tools/staticcheck@%:
	GOBIN=$(CURDIR)/build/tools go install honnef.co/go/tools/cmd/staticcheck@$*
	mv build/tools/staticcheck $@

build/tools/templ@%:
	GOBIN=$(CURDIR)/build/tools go install github.com/a-h/templ/cmd/templ@$*
	mv build/tools/templ $@
