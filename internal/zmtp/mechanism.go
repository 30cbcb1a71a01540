package zmtp

import (
	"fmt"
	"io"
)

// mechanism is a ZMTP security mechanism: what happens between the greetings and the first message.
type mechanism interface {
	// name is the mechanism's name in the greeting.
	name() string
	// shake sends our properties and returns the peer's. accepted says that the peer came to us.
	shake(c commands, props []byte, accepted bool) (peer []byte, err error)
}

// null is the mechanism NULL: each side sends its properties in READY and waits for the other's.
type null struct{}

func (null) name() string { return "NULL" }

func (null) shake(c commands, props []byte, _ bool) ([]byte, error) {
	if err := c.send("READY", props); err != nil {
		return nil, err
	}
	return c.receive("READY")
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
	if name != want {
		return nil, fmt.Errorf("%w: %.32q %.64q instead of %s", ErrProtocol, name, body, want)
	}
	return body, nil
}
