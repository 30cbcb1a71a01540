package module

import "testing"

func TestProgram(t *testing.T) {
	id, err := Program()
	if err != nil {
		t.Fatal(err)
	}
	again, err := Program()
	if err != nil || id != again || len(id) < 40 {
		t.Errorf("Program gave %q, then %q, %v", id, again, err)
	}
}
