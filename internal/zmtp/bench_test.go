package zmtp

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"testing"
)

// BenchmarkEcho is round trips of a request of five frames, 523 bytes, as Jupyter sends it.
func BenchmarkEcho(b *testing.B) {
	for _, c := range []struct{ peers, window int }{{1, 1}, {1, 16}, {8, 16}} {
		b.Run(fmt.Sprintf("%dx%d", c.peers, c.window), func(b *testing.B) {
			benchEcho(b, c.peers, c.window, []int{9, 64, 200, 150, 100})
		})
	}
}

// BenchmarkEchoLarge is round trips of one frame.
func BenchmarkEchoLarge(b *testing.B) {
	for _, n := range []int{64 << 10, 1 << 20, 16 << 20} {
		b.Run(fmt.Sprintf("%dKiB", n>>10), func(b *testing.B) {
			b.SetBytes(2 * int64(n))
			benchEcho(b, 1, 1, []int{n})
		})
	}
}

func benchEcho(b *testing.B, peers, window int, sizes []int) {
	b.Helper()
	r := must(b, Router, Options{})
	ep := bind(b, r)
	go func() {
		for {
			m, err := r.Recv(context.Background())
			if err != nil {
				return
			}
			_ = m.From.Send(m.Frames...) // the benchmark hears
		}
	}()
	var m [][]byte
	for _, n := range sizes {
		m = append(m, make([]byte, n))
	}
	batch := bytes.Repeat(wireMessage(m...), window)
	done := make(chan error, peers)
	trips := (b.N + peers*window - 1) / (peers * window)
	start := make(chan struct{})
	for range peers {
		nc := dialRaw(b, ep)
		shakeRaw(b, nc, "DEALER", "")
		back := make([]byte, len(batch))
		go func() {
			<-start
			for range trips {
				written := make(chan error, 1)
				if len(batch) > 32<<10 {
					go func() {
						_, err := nc.Write(batch)
						written <- err
					}()
				} else {
					_, err := nc.Write(batch)
					written <- err
				}
				if _, err := io.ReadFull(nc, back); err != nil {
					done <- err
					return
				}
				if err := <-written; err != nil {
					done <- err
					return
				}
			}
			done <- nil
		}()
	}
	b.ReportAllocs()
	b.ResetTimer()
	close(start)
	for range peers {
		if err := <-done; err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "msg/s")
}

// BenchmarkPublish is deliveries of a line of output to subscribers that all read.
func BenchmarkPublish(b *testing.B) {
	for _, subs := range []int{1, 8} {
		b.Run(fmt.Sprint(subs), func(b *testing.B) {
			var log diary
			p := must(b, Pub, Options{OnEvent: log.note, QueueMsgs: 1 << 30})
			ep := bind(b, p)
			done := make(chan error, subs)
			for range subs {
				s := must(b, Sub, Options{})
				s.Subscribe("")
				connect(b, s, ep)
				go func() {
					for range b.N {
						if _, err := s.Recv(context.Background()); err != nil {
							done <- err
							return
						}
					}
					done <- nil
				}()
			}
			log.wait(b, Subscribed, subs)
			topic, line := []byte("stream"), make([]byte, 300)
			b.ReportAllocs()
			b.ResetTimer()
			for range b.N {
				if _, dropped := p.Publish(topic, line); dropped > 0 {
					b.Fatal("dropped")
				}
			}
			for range subs {
				if err := <-done; err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(subs)*float64(b.N)/b.Elapsed().Seconds(), "deliveries/s")
		})
	}
}

// BenchmarkReader is parsing alone.
func BenchmarkReader(b *testing.B) {
	m := wireMessage(make([]byte, 9), make([]byte, 64), make([]byte, 200), make([]byte, 150), make([]byte, 100))
	src := bytes.NewReader(bytes.Repeat(m, 1000))
	r := &reader{br: bufio.NewReaderSize(src, readBuffer), lim: defaultLimits()}
	b.ReportAllocs()
	b.SetBytes(int64(len(m)))
	for b.Loop() {
		if _, _, err := r.next(); err != nil {
			if _, err := src.Seek(0, io.SeekStart); err != nil {
				b.Fatal(err)
			}
		}
	}
}

// BenchmarkMatch is the test of a publication against a subscriber's topics.
func BenchmarkMatch(b *testing.B) {
	for _, n := range []int{1, 10, 1000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			var t topics
			for i := range n {
				t.add(fmt.Sprintf("kernel.%d.stream", i))
			}
			probe := []byte("kernel.0.status")
			for b.Loop() {
				t.match(probe)
			}
		})
	}
}
