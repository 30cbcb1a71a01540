package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// cells measure what a notebook sees of its engines. They print lines "figure name value".
var cells = []string{
	`import ("slices"; "time")
rc := must(client.Dial(ctx))
must(0, rc.WaitForEngines(ctx, 2))
lv := rc.Balanced().With(client.Quiet())
type Thing struct{ N int }
func (t *Thing) Get() (int, error) { return t.N, nil }
func seconds(name string, f func()) { t := time.Now(); f(); fmt.Println("figure", name, time.Since(t).Seconds()) }
things := must(client.New(ctx, lv, []int{1, 2}, func(n int) (*Thing, error) { return &Thing{n}, nil }))`,
	`var took []float64
for range 500 {
	t := time.Now()
	must(client.Do(ctx, things.At(0), (*Thing).Get))
	took = append(took, time.Since(t).Seconds())
}
slices.Sort(took)
fmt.Println("figure call_median", took[250])
fmt.Println("figure call_p99", took[494])`,
	`xs := make([]int, 10000)
seconds("map_10000", func() { must(client.Map(ctx, client.Over(lv, xs), func(x int) (int, error) { return x + 1, nil })) })
seconds("tasks_2000", func() { must(client.Map(ctx, client.Over(lv, xs[:2000]), func(x int) (int, error) { return x + 1, nil }, client.ChunkSize(1))) })`,
	`big := make([]complex128, 4<<20)
seconds("push_64MB", func() { must(0, rc.All().Push(ctx, "big", big)) })`,
	`seconds("new_64", func() { must(client.New(ctx, lv, xs[:64], func(n int) (*Thing, error) { return &Thing{n}, nil })) })`,
	`stopped := []float64{}
for range 5 {
	r := must(client.ApplyAsync(ctx, rc.All(), func() (int, error) { for { } }))
	time.Sleep(100 * time.Millisecond)
	t := time.Now()
	rc.All().Interrupt(ctx)
	r.Wait(ctx)
	stopped = append(stopped, time.Since(t).Seconds())
}
slices.Sort(stopped)
fmt.Println("figure interrupt_all", stopped[2])`,
}

// calls runs the cells, and the peers' script, each with two engines of its own, and prints the figures side by side.
func calls(ctx context.Context, gale string, pythons []string, script string) error {
	dir, err := os.MkdirTemp("", "bench-calls")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }() // temporary
	ours, err := galeFigures(ctx, gale, dir)
	if err != nil {
		return fmt.Errorf("gale: %w", err)
	}
	peers := map[string]map[string]float64{}
	var names []string
	for _, p := range pythons {
		name, python, _ := strings.Cut(p, "=")
		within, cancel := context.WithTimeout(ctx, 3*time.Minute)
		out, err := exec.CommandContext(within, python, script, name).Output()
		cancel()
		if err != nil { // what it has measured until then counts
			fmt.Fprintf(os.Stderr, "%s: %v\n", name, err)
		}
		names = append(names, name)
		peers[name] = figures(string(out))
	}
	fmt.Printf("\n%-14s %12s", "seconds", "gale")
	for _, n := range names {
		fmt.Printf(" %14s %7s", n, "ratio")
	}
	fmt.Println()
	for _, f := range sortedKeys(ours) {
		fmt.Printf("%-14s %12.6f", f, ours[f])
		for _, n := range names {
			if x, ok := peers[n][f]; ok {
				fmt.Printf(" %14.6f %7.1f", x, x/ours[f])
			} else {
				fmt.Printf(" %14s %7s", "", "")
			}
		}
		fmt.Println()
	}
	return nil
}

func galeFigures(ctx context.Context, gale, dir string) (map[string]float64, error) {
	type cell struct {
		Type     string         `json:"cell_type"`
		ID       string         `json:"id"`
		Metadata map[string]any `json:"metadata"`
		Source   any            `json:"source"` // a string here, lines in what comes back
		Count    *int           `json:"execution_count"`
		Outputs  []struct {
			Text []string `json:"text"`
		} `json:"outputs"`
	}
	book := struct {
		Cells    []cell         `json:"cells"`
		Metadata map[string]any `json:"metadata"`
		Format   int            `json:"nbformat"`
		Minor    int            `json:"nbformat_minor"`
	}{Format: 4, Minor: 5, Metadata: map[string]any{}}
	for i, c := range cells {
		book.Cells = append(book.Cells, cell{Type: "code", ID: "c" + strconv.Itoa(i), Metadata: map[string]any{}, Source: c, Outputs: []struct {
			Text []string `json:"text"`
		}{}})
	}
	raw, err := json.Marshal(book)
	if err != nil {
		return nil, err
	}
	in, out := filepath.Join(dir, "calls.ipynb"), filepath.Join(dir, "out.ipynb")
	if err := os.WriteFile(in, raw, 0o600); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, 5*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, gale, "run", in, "-o", out, "--engines", "2")
	cmd.Env = append(os.Environ(), "IPYTHONDIR="+dir, "GALE_CLUSTER=")
	if text, err := cmd.CombinedOutput(); err != nil {
		return nil, errors.Join(err, errors.New(string(text)))
	}
	if raw, err = os.ReadFile(out); err != nil {
		return nil, err
	}
	book.Cells = nil
	if err := json.Unmarshal(raw, &book); err != nil {
		return nil, err
	}
	var text strings.Builder
	for _, c := range book.Cells {
		for _, o := range c.Outputs {
			text.WriteString(strings.Join(o.Text, ""))
		}
	}
	return figures(text.String()), nil
}

func figures(text string) map[string]float64 {
	out := map[string]float64{}
	for line := range strings.Lines(text) {
		if f := strings.Fields(line); len(f) == 3 && f[0] == "figure" {
			if x, err := strconv.ParseFloat(f[2], 64); err == nil {
				out[f[1]] = x
			}
		}
	}
	return out
}

func sortedKeys(m map[string]float64) []string {
	var keys []string
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
