# Two commands: `make run` serves, `make test` proves. Both set everything up by themselves.
.PHONY: run test check fix
run:
	@scripts/install run
	@exec .venv/bin/postern serve --demo
test:
	@scripts/install dev
	@scripts/services
	@scripts/test
check:
	@scripts/install dev
	@scripts/check
fix:
	@scripts/install dev
	@scripts/check --fix
