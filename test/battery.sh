#!/bin/bash
# battery.sh [mode…]: the battery of cells in each mode: plain, gc (collections without pause, freed memory overwritten), full (modules linked
# without the program), arm64 (under qemu-user). It ends with how many cases passed in each. arm64 needs Debian's gcc-aarch64-linux-gnu and
# qemu-user and is left out without them; in CI it must be there.
set -euo pipefail
cd "$(dirname "$0")/.."
out=$PWD/test/out/battery
mkdir -p "$out"
modes=("$@")
summary=()
status=0
[ ${#modes[@]} -gt 0 ] || modes=(plain gc full arm64)

battery() { # name program
	local log=$out/$1.log passed failed
	echo "== battery, $1"
	(cd compile && "$2" -test.timeout 3h -test.run '^TestBattery$' -test.count 1 -test.v) >"$log" 2>&1 || status=1
	passed=$(grep -c -- '--- PASS: TestBattery/' "$log" || true)
	failed=$(grep -c -- '--- FAIL: TestBattery/' "$log" || true)
	grep -A 3 -- '--- FAIL: ' "$log" || true
	[ "$((passed + failed))" -gt 0 ] || tail -n 20 "$log"
	summary+=("$1: $passed passed, $failed failed")
}

arm64() {
	local tool
	for tool in aarch64-linux-gnu-gcc qemu-aarch64; do
		if ! command -v "$tool" >/dev/null; then
			echo "arm64 needs $tool: apt-get install gcc-aarch64-linux-gnu qemu-user"
			summary+=("arm64: left out, $tool is missing")
			[ "${CI:-}" != true ] || status=1
			return 0
		fi
	done
	# what a machine of that kind calls ld, as and gcc
	mkdir -p "$out/arm64"
	for tool in ld as gcc; do
		ln -sf "$(command -v aarch64-linux-gnu-$tool)" "$out/arm64/$tool"
	done
	GOARCH=arm64 CGO_ENABLED=1 CC=aarch64-linux-gnu-gcc go test -c -pgo=off -o "$out/compile-arm64.test" ./compile
	PATH=$out/arm64:$PATH CC=aarch64-linux-gnu-gcc QEMU_LD_PREFIX=/usr/aarch64-linux-gnu GALE_BATTERY_EXEC=qemu-aarch64 \
		battery arm64 "$out/arm64.sh"
}

cat >"$out/arm64.sh" <<END
#!/bin/bash
exec qemu-aarch64 "$out/compile-arm64.test" "\$@"
END
chmod +x "$out/arm64.sh"
go test -c -pgo=off -o "$out/compile.test" ./compile
for mode in "${modes[@]}"; do
	case $mode in
	plain) battery plain "$out/compile.test" ;;
	gc) GALE_BATTERY_GC=1 GODEBUG=clobberfree=1 battery gc "$out/compile.test" ;;
	full) GALE_BATTERY_FULL=1 battery full "$out/compile.test" ;;
	arm64) arm64 ;;
	*)
		echo "battery.sh: no mode $mode" >&2
		exit 2
		;;
	esac
done
printf '%s\n' "${summary[@]}"
exit $status
