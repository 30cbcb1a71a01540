package zmtp

import (
	"fmt"
	"io"
)

// mechanism is a ZMTP security mechanism: what happens between the greetings and the first message.
type mechanism interface {
	// greets returns the mechanism's name in the greeting, and whether we are its server.
	greets() (name string, asServer bool)
	// shake sends our properties and returns what it learned.
	shake(c commands, props []byte) (*agreement, error)
}

// agreement is what a mechanism's handshake ends with.
type agreement struct {
	props []byte  // the peer's
	key   Key     // CURVE: its long-term key
	box   *sealed // CURVE: what frames go through from now on
}

// null is the mechanism NULL: each side sends its properties in READY and waits for the other's.
type null struct{}

func (null) greets() (name string, asServer bool) { return "NULL", false }

func (null) shake(c commands, props []byte) (*agreement, error) {
	if err := c.send("READY", props); err != nil {
		return nil, err
	}
	peer, err := c.receive("READY")
	return &agreement{props: peer}, err
}

// commands is the channel that a mechanism talks over.
type commands struct {
	w io.Writer
	r *reader
}

func (c commands) send(name string, body []byte) error {
	_, err := c.w.Write(appendCommand(nil, name, body))
	return err
}

// receive reads the next command and returns its body; anything but the command wanted is an error.
func (c commands) receive(want string) ([]byte, error) {
	_, cmd, err := c.r.next()
	if err != nil {
		return nil, err
	}
	if cmd == nil {
		return nil, fmt.Errorf("%w: message instead of %s", ErrProtocol, want)
	}
	name, body, err := splitCommand(cmd)
	if err != nil {
		return nil, err
	}
	if name == "ERROR" {
		return nil, fmt.Errorf("%w: %w: the peer says ERROR %.64q instead of %s", ErrProtocol, ErrRefused, body, want)
	}
	if name != want {
		return nil, fmt.Errorf("%w: %.32q %.64q instead of %s", ErrProtocol, name, body, want)
	}
	return body, nil
}
