# make demo   run the survey notebook (MODEL=file.f32 takes a raw float32 model of 941 x 301 cells of 10 m instead of the built-in one)
# make inversion  the whole inversion of 2 to 8 Hz on the built-in section, or on MODEL (or GALE_MARMOUSI): minutes
# make check  everything that a change must pass; installs what it needs
# make bench  the figures of docs/bench, each beside its peer
# make conformance  ipyparallel's own tests against gale's controller, without and with CURVE, and those of Debian's 7.1 if it is installed: half an hour
# make soak-zmtp  connections that come and go for SOAK (10m), in clear and under CURVE: nothing may be left of them
# make battery-nightly  the battery of cells in each mode; on arm64 under qemu-user where that is installed
# make crowd  two thousand engines on one controller, which is killed and comes back, twenty times
# make simulate  lives of whole clusters with faults, for SIMULATE (10m); a seed that fails is told with the command that tells its story
# make image  the Docker image with JupyterLab
# make soak   20,000 cells in one kernel (SOAK_CELLS): memory, descriptors, files and latencies; half an hour

.PHONY: build demo inversion check bench conformance crowd soak soak-zmtp battery-nightly image install venv tools clean

# The program must not be built with a profile: that changes which functions exist for cells to call.
GO      ?= go
BUILD   := CGO_ENABLED=1 $(GO) build -pgo=off
VENV    := .venv
PYTHON  := $(VENV)/bin/python
OUT     := test/out

build:
	$(BUILD) -o bin/gale ./cmd/gale
	-@bin/gale doctor --prepare

demo: build
	@mkdir -p $(OUT)
	bin/gale run notebooks/01-survey.ipynb -o $(OUT)/01-survey.ipynb $(if $(MODEL),--set modelFile=$(abspath $(MODEL)))
	@echo "pictures are in $(OUT)/01-survey.ipynb"

inversion: MODEL ?= $(GALE_MARMOUSI)
inversion: build
	@mkdir -p $(OUT)
	bin/gale run notebooks/04-inversion.ipynb -o $(OUT)/04-inversion.ipynb --set freqMax=8 --set nFreq=6 --set iterations=25 \
		--set atLeast=$(if $(MODEL),30,100) $(if $(MODEL),--set modelFile=$(abspath $(MODEL)))
	@echo "pictures are in $(OUT)/04-inversion.ipynb"

check:
	@test/check.sh

bench: build venv
	@bench/run.sh

conformance: build venv
	GALE_PYTHON=$(CURDIR)/$(PYTHON) test/ipyparallel/run.sh
	IPP_ENABLE_CURVE=1 GALE_PYTHON=$(CURDIR)/$(PYTHON) test/ipyparallel/run.sh
	! /usr/bin/python3 -c 'import ipyparallel.tests' 2>/dev/null || GALE_PYTHON=/usr/bin/python3 test/ipyparallel/run.sh

soak:
	GALE_SOAK=$(or $(SOAK_CELLS),20000) $(GO) test -run 'TestSoak$$' -v -count 1 -timeout 3h ./cmd/gale

soak-zmtp:
	GALE_SOAK_ZMTP=$(or $(SOAK),10m) $(GO) test -count=1 -timeout 0 -run '^TestSoak$$' -v ./internal/zmtp

battery-nightly:
	test/battery.sh

# Two thousand engines, twenty times: none may be lost, also when the controller is killed. Needs 16,000 descriptors.
crowd:
	$(GO) run ./bench/hub -crowd 2000 -rounds 20

simulate:
	GALE_SIMULATE=$(or $(SIMULATE),10m) $(GO) test -count=1 -timeout 0 -run '^TestHistories$$' -v ./internal/simulate

image:
	docker build -t gale .

install: build
	bin/gale install --user

venv: $(VENV)/done
$(VENV)/done: test/requirements.txt test/constraints.txt test/venv.sh
	test/venv.sh $(VENV)
	@touch $@

tools: tools/bin/done
tools/bin/done: tools/go.mod tools/go.sum
	cd tools && GOBIN=$(CURDIR)/tools/bin $(GO) install tool
	@touch $@

clean:
	rm -rf bin $(OUT) $(VENV) tools/bin
