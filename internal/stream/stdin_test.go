package stream

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"testing"
)

const stdinEnv = "GALE_STREAM_TEST_STDIN"

// TestMain lets the test's program be one whose standard input is taken.
func TestMain(m *testing.M) {
	if what := os.Getenv(stdinEnv); what != "" {
		s, err := TakeStdin()
		if err == nil {
			err = attendTo(s, what)
		}
		if err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// attendTo plays a cell that reads.
func attendTo(s *Stdin, what string) error {
	if _, err := os.Stdin.Read(make([]byte, 1)); !errors.Is(err, io.EOF) {
		return fmt.Errorf("before: %w", err)
	}
	answers := strings.Split(what, ",")
	n := 0
	ctx, cancel := context.WithCancel(context.Background())
	stop := s.Attend(ctx, func(ctx context.Context) (string, error) {
		n++
		switch a := answers[(n-1)%len(answers)]; a {
		case "refuse":
			return "", errors.New("no questions")
		case "interrupt":
			cancel()
			<-ctx.Done()
			return "", ctx.Err()
		default:
			return a, nil
		}
	})
	r := bufio.NewReader(os.Stdin)
	for range answers {
		line, err := r.ReadString('\n')
		fmt.Printf("%q %v\n", line, err)
	}
	fmt.Println("interrupted", stop())
	_, err := os.Stdin.Read(make([]byte, 1))
	fmt.Println("after:", err, "questions:", n)
	return nil
}

func TestStdin(t *testing.T) {
	for what, want := range map[string]string{
		"one,two":   "\"one\\n\" <nil>\n\"two\\n\" <nil>\ninterrupted false\nafter: EOF questions: 2\n",
		"refuse,on": "\"\" EOF\n\"on\\n\" <nil>\ninterrupted false\nafter: EOF questions: 2\n",
		"\x04":      "\"\" EOF\ninterrupted false\nafter: EOF questions: 1\n",
		"interrupt": "\"\" EOF\ninterrupted true\nafter: EOF questions: 1\n",
	} {
		cmd := exec.CommandContext(t.Context(), os.Args[0])
		cmd.Env = append(os.Environ(), stdinEnv+"="+what)
		out, err := cmd.CombinedOutput()
		if err != nil || string(out) != want {
			t.Errorf("%q: %v\n%s, want\n%s", what, err, out, want)
		}
	}
}

func BenchmarkReads(b *testing.B) {
	for b.Loop() {
		if reads() {
			b.Fatal("nobody reads here")
		}
	}
}
