package main

import (
	"context"
	"fmt"
	"os"
	"time"

	"github.com/galeproject/gale/internal/zmtp"
)

// publicEnv and secretEnv hand a server its CURVE keys, in Z85; without them it speaks in clear.
const (
	publicEnv = "ZMTP_BENCH_PUBLIC"
	secretEnv = "ZMTP_BENCH_SECRET"
)

// serverCurve reads the keys of a server of ours.
func serverCurve() (*zmtp.Curve, error) {
	return zmtp.CurveServer(os.Getenv(publicEnv), os.Getenv(secretEnv))
}

// measureCurve is measure for a server that speaks CURVE. The raw load cannot: it is a DEALER of ours, whose arithmetic is in
// the rate for both servers, but not in the server's CPU time.
func (l load) measureCurve(d time.Duration, server []string) (r result, err error) {
	pair, err := zmtp.NewKeyPair()
	if err != nil {
		return r, err
	}
	curve, err := zmtp.CurveClient(pair.Public.Z85())
	if err != nil {
		return r, err
	}
	p, err := start(server, publicEnv+"="+pair.Public.Z85(), secretEnv+"="+pair.Secret.Z85())
	if err != nil {
		return r, err
	}
	defer p.stop()
	s, err := zmtp.New(zmtp.Dealer, zmtp.Options{Curve: curve, RecvQueue: 1024, RecvBytes: 1 << 30})
	if err != nil {
		return r, err
	}
	defer s.Close(0) //nolint:errcheck // the measurement is over
	if err := s.Connect("tcp://" + p.addr); err != nil {
		return r, err
	}
	var frames [][]byte
	for _, n := range l.sizes {
		frames = append(frames, make([]byte, n))
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute+d)
	defer cancel()
	trip := func() (float64, error) {
		from := time.Now()
		for range l.window {
			if err := s.Send(ctx, frames...); err != nil {
				return 0, fmt.Errorf("CURVE load: %w", err)
			}
		}
		for range l.window {
			if _, err := s.Recv(ctx); err != nil {
				return 0, fmt.Errorf("CURVE load: %w", err)
			}
		}
		return float64(time.Since(from).Nanoseconds()) / 1e3, nil
	}
	if _, err := trip(); err != nil { // warm
		return r, err
	}
	var trips []float64
	before, from := p.cpu(), time.Now()
	for time.Since(from) < d {
		t, err := trip()
		if err != nil {
			return r, err
		}
		trips = append(trips, t)
	}
	return l.sum(trips, time.Since(from), p.cpu()-before), nil
}
