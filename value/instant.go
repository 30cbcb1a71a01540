package value

import (
	"encoding/binary"
	"math"
	"time"
	"unsafe"
)

// Zones on the wire.
const (
	zoneUTC = iota
	zoneLocal
	zoneNamed
	zoneNil // only where a *time.Location is nil
)

// instant makes the codec of time.Time: instant and zone, without the monotonic clock.
func instant(c *codec) {
	c.least, c.pure = 3, true
	c.enc = func(e *encoder, p unsafe.Pointer) error {
		t := (*time.Time)(p)
		e.b = binary.AppendVarint(e.b, t.Unix())
		e.uint(uint64(t.Nanosecond()))
		e.zone(*t)
		return nil
	}
	c.dec = func(d *decoder, p unsafe.Pointer) error {
		sec, n := binary.Varint(d.b)
		if n <= 0 {
			return malformed("no time where one should be")
		}
		d.b = d.b[n:]
		nsec, err := d.uint()
		if err != nil {
			return err
		}
		if nsec >= 1e9 {
			return malformed("%d nanoseconds", nsec)
		}
		t := time.Unix(sec, int64(nsec))
		loc, err := d.zone(t)
		if err != nil {
			return err
		}
		if loc == nil {
			return malformed("a time without a zone")
		}
		*(*time.Time)(p) = t.In(loc)
		return nil
	}
}

// location makes the codec of *time.Location.
func location(c *codec) {
	c.pure, c.opaque = true, true
	c.enc = func(e *encoder, p unsafe.Pointer) error {
		loc := *(**time.Location)(p)
		if loc == nil {
			e.b = append(e.b, zoneNil)
			return nil
		}
		e.zone(time.Unix(0, 0).In(loc))
		return nil
	}
	c.dec = func(d *decoder, p unsafe.Pointer) error {
		loc, err := d.zone(time.Unix(0, 0))
		*(**time.Location)(p) = loc
		return err
	}
}

// zone writes the zone of a time: UTC, Local, or a name, with offset and abbreviation for a receiver that knows another
// zone by that name, or none.
func (e *encoder) zone(t time.Time) {
	abbreviation, offset := t.Zone()
	switch t.Location() {
	case time.UTC:
		e.b = append(e.b, zoneUTC)
		return
	case time.Local:
		e.b = append(e.b, zoneLocal)
	default:
		e.b = append(e.b, zoneNamed)
		e.string(t.Location().String())
	}
	e.string(abbreviation)
	e.b = binary.AppendVarint(e.b, int64(offset))
}

func (d *decoder) zone(at time.Time) (*time.Location, error) {
	b, err := d.byte()
	if err != nil {
		return nil, err
	}
	var name string
	switch b {
	case zoneNil:
		return nil, nil
	case zoneUTC:
		return time.UTC, nil
	case zoneLocal:
	case zoneNamed:
		if name, err = d.string(); err != nil {
			return nil, err
		}
	default:
		return nil, malformed("zone of kind %d", b)
	}
	abbreviation, err := d.string()
	if err != nil {
		return nil, err
	}
	offset, n := binary.Varint(d.b)
	if n <= 0 || offset < math.MinInt32 || offset > math.MaxInt32 {
		return nil, malformed("no offset of a zone")
	}
	d.b = d.b[n:]
	var loc *time.Location
	switch {
	case b == zoneLocal:
		loc = time.Local
	case name != abbreviation && name != "" && len(name) < 64: // a fixed zone is called by its abbreviation
		loc, _ = time.LoadLocation(name)
	}
	if loc != nil {
		if have, o := at.In(loc).Zone(); have == abbreviation && o == int(offset) {
			return loc, nil
		}
		if name == "" {
			name = abbreviation
		}
	}
	return time.FixedZone(name, int(offset)), nil
}
