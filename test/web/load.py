"""load.py FILE END: writes a notebook that keeps engines at work until the file END is there."""
import sys

import nbformat

DIAL = "rc := must(client.Dial(ctx))"
LOAD = """
for i := 0; ; i++ {
	if _, err := os.Stat(%r); err == nil {
		break
	}
	lengths := make([]int, 16)
	for k := range lengths {
		lengths[k] = (k*37 + i*11) %% 120
	}
	_, _ = client.Map(ctx, client.Over(rc.Balanced(), lengths), func(ms int) (int, error) {
		time.Sleep(time.Duration(ms) * time.Millisecond)
		return ms, nil
	})
}
"""


def main(file, end):
    cells = [nbformat.v4.new_code_cell(DIAL), nbformat.v4.new_code_cell((LOAD % end).replace("'" + end + "'", '"' + end + '"').strip())]
    notebook = nbformat.v4.new_notebook(cells=cells)
    notebook.metadata["kernelspec"] = {"name": "gale", "display_name": "Go (gale)", "language": "go"}
    nbformat.write(notebook, file)


if __name__ == "__main__":
    main(*sys.argv[1:])
