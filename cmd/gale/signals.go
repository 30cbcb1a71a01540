package main

import (
	"os"
	"os/signal"
)

// ignoreInterrupt makes SIGINT do nothing to this process.
func ignoreInterrupt() { signal.Ignore(os.Interrupt) }
