package client

import (
	"fmt"
	"strconv"
	"strings"
)

// View reads a choice of engines as people write it: "all" or "" for all engines, else ids and ranges, "0,2,4-7". Ids that do not exist
// are found when the view is used.
func (c *Client) View(targets string) (DirectView, error) {
	targets = strings.TrimSpace(targets)
	if targets == "" || targets == "all" {
		return c.All(), nil
	}
	v := DirectView{c: c, ids: []int{}}
	for part := range strings.SplitSeq(targets, ",") {
		from, to, isRange := strings.Cut(strings.TrimSpace(part), "-")
		a, err := strconv.Atoi(from)
		b := a
		if err == nil && isRange {
			b, err = strconv.Atoi(to)
		}
		const most = 1 << 16
		if err != nil || a < 0 || b < a || b-a >= most {
			return v, fmt.Errorf(`client: targets %q: want "all", or ids and ranges like "0,2,4-7"`, targets)
		}
		for id := a; id <= b; id++ {
			v.ids = append(v.ids, id)
		}
	}
	return v, nil
}
