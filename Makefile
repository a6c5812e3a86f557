# Coracle. `make help` says what can be made.

export PATH := $(PATH):$(HOME)/.cargo/bin
SIM_SEEDS ?= 20000
CLIENTS ?= 500
# Most tests wait for other programs: on a small machine there is room for more of them at once than it
# has processors.
RUST_TEST_THREADS ?= $(shell n=$$(nproc); echo $$((n > 8 ? n : 8)))

.PHONY: help run test quick check sim fuzz demo interop many-clients power-cut beside-compress siege ktls doc man release setup

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/\1\t\2/p' $(MAKEFILE_LIST) | expand -t 20

run: ## build, and serve data/ on loopback
	@scripts/setup --build
	@cargo build --bins
	@echo "Clients and passwords: data/Credentials (user1 has 1234). Ctrl-C stops the server."
	@cargo run --quiet --bin coracled -- --data data

test: ## every test, with all that it needs
	@scripts/setup --test
	RUST_TEST_THREADS=$(RUST_TEST_THREADS) cargo test

quick: ## those tests that no other program is needed for: what to run at every step
	@scripts/setup --build
	RUST_TEST_THREADS=$(RUST_TEST_THREADS) cargo test --lib --test tidy --test sim --test fuzz

check: ## formatting, lints, the links of the documentation, and what the programs are made of
	@scripts/setup --check
	@scripts/check-dependencies
	cargo fmt --check
	cargo clippy --all-targets -- -D warnings
	cargo clippy --all-targets --features ktls -- -D warnings
	RUSTDOCFLAGS="-D warnings" cargo doc --quiet --no-deps --document-private-items

sim: ## the reactor under simulation: SIM_SEEDS=20000
	@scripts/setup --build
	CORACLE_SIM_SEEDS=$(SIM_SEEDS) cargo test --release --test sim

fuzz: ## libFuzzer on every target, a minute each: FUZZ_SECS=60
	@scripts/setup --build
	@scripts/fuzz

demo: ## a guided session and two downloads, as a transcript
	@scripts/setup --demo
	@scripts/demo

interop: ## what other people's clients do with the server, as a table
	@scripts/setup --test
	@scripts/interop

power-cut: ## what acknowledged uploads survive, on ext4, XFS and btrfs; wants root
	@scripts/setup --demo
	@cargo build --bins
	@scripts/power-cut

many-clients: ## a crowd of clients from the shell at once: CLIENTS=500
	@scripts/setup --demo
	@scripts/many-clients $(CLIENTS)

beside-compress: ## what compressing 1 GiB costs 50 clients that download meanwhile
	@scripts/setup --demo
	@scripts/beside-compress

siege: ## what an honest client notices of ten thousand who mean harm, as a table
	@scripts/setup --demo
	@cargo build --release --bin coracled
	@scripts/siege

ktls: ## shows that a kernel which can encrypts downloads: in qemu, which is fetched; x86-64 alone
	@scripts/setup --demo
	@scripts/ktls

doc: ## the documentation of the code, as HTML
	@scripts/setup --build
	cargo doc --no-deps --document-private-items

man: ## man pages and shell completions, in target/pages
	@scripts/setup --build
	cargo run --quiet --example pages -- target/pages

release: ## both programs, optimised, in target/release
	@scripts/setup --build
	cargo build --release --bins

setup: ## install what building and testing need
	@scripts/setup --check
	@scripts/setup --test
