package display

// Place says where a front end puts a display.
type Place struct {
	ID     string // the display can be replaced under this name
	Update bool   // it replaces the displays of this ID and is no output of its own
	Clear  bool   // nothing is displayed: the cell's outputs are cleared
	Wait   bool   // but not before the next output comes
}

// Live is v as a display that Update can replace: show(display.Live("progress", x)). The id is the notebook's, so two cells that use one
// id mean one display.
func Live(id string, v any) Bundle {
	b := Of(v)
	b.Place = Place{ID: id}
	return b
}

// Update replaces what is displayed under the id by v: show(display.Update("progress", y)). Without such a display it does nothing.
func Update(id string, v any) Bundle {
	b := Of(v)
	b.Place = Place{ID: id, Update: true}
	return b
}

// Clear takes away what the cell has displayed so far: show(display.Clear(false)). With wait it does so when the next output comes, so that a
// picture which is drawn again and again does not flicker.
func Clear(wait bool) Bundle {
	b := Text("")
	b.Place = Place{Clear: true, Wait: wait}
	return b
}
