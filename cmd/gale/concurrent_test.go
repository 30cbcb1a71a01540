//go:build !race

package main

import (
	"context"
	"testing"

	"github.com/galeproject/gale/wire"
)

func TestCellsRunAtOnce(t *testing.T) {
	if testing.Short() {
		t.Skip("compiles cells")
	}
	c := newCells(t)
	c.want(`
import "fmt"
a, b, halt := make(chan int), make(chan int), false
func spin() { for !halt { } }`, "")
	ctx, cancel := context.WithCancel(t.Context())
	one, oneDone := c.begin(ctx, `fmt.Println("one begins"); <-a; show("one"); fmt.Println("one goes on"); spin()`, wire.Run{})
	one.waitFor(t, "begins")
	two, twoDone := c.begin(t.Context(), `fmt.Println("two begins"); a <- 1; <-b; fmt.Println("two ends"); 2`, wire.Run{})
	two.waitFor(t, "begins")
	one.waitFor(t, "goes on")
	c.want(`fmt.Print("three"); 3`, "three[3]")
	cancel()
	if r := <-oneDone; r.Failure == nil || r.Name != "KeyboardInterrupt" || dropErrors(one.String()) != "one begins\n[one]one goes on\n" {
		t.Errorf("one: %+v %q", r.Failure, one)
	}
	select {
	case r := <-twoDone:
		t.Fatalf("two was interrupted, too: %+v", r.Failure)
	default:
	}
	c.want(`b <- 1`, "")
	if r := <-twoDone; r.Failure != nil || two.String() != "two begins\ntwo ends\n[2]" {
		t.Errorf("two: %+v %q", r.Failure, two)
	}
}

func TestGoroutinesOfEarlierCellsKeepTheirOutput(t *testing.T) {
	if testing.Short() {
		t.Skip("compiles cells")
	}
	c := newCells(t)
	one, done := c.begin(t.Context(), `
import "fmt"
next, said := make(chan int), make(chan int)
go func() { for i := range next { fmt.Println("early", i); said <- i } }()`, wire.Run{})
	if r := <-done; r.Failure != nil {
		t.Fatal(r.Failure)
	}
	two, done := c.begin(t.Context(), `fmt.Println("late"); next <- 1; <-said; next <- 2; <-said; fmt.Println("later")`, wire.Run{})
	if r := <-done; r.Failure != nil || two.String() != "late\nlater\n" {
		t.Errorf("%+v %q", r.Failure, two)
	}
	one.waitFor(t, "early 1\nearly 2\n")
}
