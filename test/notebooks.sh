#!/bin/bash
# notebooks.sh: every notebook of the project runs headless, and its pictures are there.
set -eu
cd "$(dirname "$0")/.."
out=$PWD/test/out/notebooks
rm -rf "$out"
mkdir -p "$out"
export IPYTHONDIR=$out/ipython
for nb in notebooks/*.ipynb; do
	echo "-- $nb"
	bin/gale run "$nb" -o "$out/$(basename "$nb")" --engines 2
done
# a picture's data is a string; its metadata is not
n=$(grep -c '"image/png": "' "$out/01-survey.ipynb")
echo "01-survey has $n pictures"
test "$n" -eq 4
if [ -n "${GALE_MARMOUSI:-}" ]; then
	echo "-- notebooks/01-survey.ipynb on $GALE_MARMOUSI"
	bin/gale run notebooks/01-survey.ipynb -o "$out/01-survey-marmousi.ipynb" --engines 2 --set modelFile="$GALE_MARMOUSI"
	test "$(grep -c '"image/png": "' "$out/01-survey-marmousi.ipynb")" -eq 4
fi
