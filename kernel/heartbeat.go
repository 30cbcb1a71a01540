package kernel

import "github.com/galeproject/gale/internal/zmtp"

// echo answers a heartbeat with the frames that came. It runs in the peer's goroutine, so nothing else can hold it up.
func echo(m zmtp.Msg) [][]byte { return m.Frames }
