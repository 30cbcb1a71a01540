package client

import (
	"strings"
	"testing"
	"time"

	"github.com/galeproject/gale/wire"
)

// welcome is the controller's answer about itself.
func (x *scene) welcome(name string, engines map[string]string) {
	gale := map[string]About{}
	for id := range engines {
		gale[id] = About{Kind: "go"}
	}
	x.step(arrived{query, x.message("connection_reply", nil, nil, map[string]any{
		"status": "ok", "engines": engines, "gale": gale, "server": map[string]string{"name": name},
	})})
}

// held is the controller's answer to what it has of the requests named.
func (x *scene) held(names ...string) {
	ids := []wire.MsgID{}
	for _, n := range names {
		name, engine, part := strings.Cut(n, "/")
		id := x.ids[name].Header.MsgID
		if part {
			id += wire.MsgID("_" + engine)
		}
		ids = append(ids, id)
	}
	x.step(arrived{query, x.message(wire.HeldReply, x.said, nil, wire.Held{Status: "ok", MsgIDs: ids})})
}

func (x *scene) loseAll() {
	for ch := range channels {
		x.step(lost{ch})
	}
}

func TestTheControllerIsLost(t *testing.T) {
	x := newScene(t)
	x.engine(0, "a")
	x.ask("f", mux, "a")
	x.ask("g", task, "")
	x.step(lost{mux})
	x.now = x.now.Add(patience / 2)
	x.step(ticked{})
	x.now = x.now.Add(patience)
	x.step(ticked{})
	x.reply("g", "a", task)
	x.idle("g", "a", task)
	x.expect(`
engines [0]
send on mux
send on task
f failed: client: f: the controller is gone: its connection was lost 90 s ago
g answered by a`)
}

func TestAStoppedControllerIsNotWaitedFor(t *testing.T) {
	x := newScene(t)
	x.engine(0, "a")
	x.ask("f", mux, "a")
	x.loseAll()
	x.now = x.now.Add(lostGrace + time.Second)
	x.step(ticked{stopped: true})
	if !x.s.controllerGone(x.now) {
		t.Error("the controller is thought to come back")
	}
	x.expect(`
engines [0]
send on mux
f failed: client: f: the controller is gone: its connection was lost 4 s ago`)
}

func TestAConnectionThatComesBackLosesNothing(t *testing.T) {
	x := newScene(t)
	x.engine(0, "a")
	x.ask("f", mux, "a")
	x.step(lost{mux})
	x.step(connected{mux})
	x.held("f")
	x.now = x.now.Add(2 * patience)
	x.step(ticked{})
	x.reply("f", "a", mux)
	x.idle("f", "a", mux)
	x.expect(`
engines [0]
send on mux
gale_held_request
f answered by a`)
}

func TestWhatNeverArrivedIsSentAgain(t *testing.T) {
	x := newScene(t)
	x.welcome("gale", map[string]string{"0": "a", "1": "b"})
	x.ask("there", task, "")
	x.ask("lost", task, "")
	x.ask("all", broadcast, "", "a", "b")
	x.ask("some", broadcast, "", "a", "b")
	x.loseAll()
	x.ask("later", task, "") // waits for the controller
	x.step(connected{task})
	x.step(connected{broadcast})
	x.step(connected{query})
	x.welcome("gale", map[string]string{"0": "a", "1": "b"})
	x.held("there", "some/b")
	for _, name := range []string{"there", "lost", "later"} {
		x.reply(name, "a", task)
		x.idle(name, "a", task)
		x.reply(name, "a", task) // twice is once
	}
	for _, name := range []string{"all", "some"} {
		for _, e := range []string{"a", "b"} {
			x.reply(name, e, broadcast)
			x.idle(name, e, broadcast)
		}
	}
	x.expect(`
engines [0 1]
send on task
send on task
send on broadcast
send on broadcast
gale_held_request
gale_held_request
connection_request
gale_held_request
engines [0 1]
send on task
send on broadcast
send on task
there answered by a
lost answered by a
later answered by a
all answered by a
all answered by b
some answered by a
some answered by b`)
}

func TestTheControllerIsKilledAgainBeforeItSaysWhatItHas(t *testing.T) {
	x := newScene(t)
	x.welcome("gale", map[string]string{"0": "a"})
	x.ask("f", task, "")
	x.loseAll()
	x.step(connected{task})
	x.loseAll()
	x.step(connected{task})
	x.held()
	x.loseAll()
	x.step(connected{task})
	x.held("f")
	x.reply("f", "a", task)
	x.idle("f", "a", task)
	x.expect(`
engines [0]
send on task
gale_held_request
gale_held_request
send on task
gale_held_request
f answered by a`)
}

func TestAControllerThatCannotSayIsNotTrustedWithATaskTwice(t *testing.T) {
	x := newScene(t)
	x.engine(0, "a")
	x.ask("f", task, "")
	x.ask("g", task, "")
	x.step(lost{task})
	x.step(connected{task})
	x.step(arrived{query, x.message("hub_error", x.said, nil, map[string]any{"status": "error"})})
	x.expect(`
engines [0]
send on task
send on task
gale_held_request
f failed: client: f: ` + errUncertain.Error() + `
g failed: client: g: ` + errUncertain.Error())
}

func TestAControllerThatDoesNotSayIsGivenUp(t *testing.T) {
	x := newScene(t)
	x.engine(0, "a")
	x.ask("f", task, "")
	x.step(lost{task})
	x.step(connected{task})
	x.now = x.now.Add(patience + time.Second)
	x.step(ticked{})
	x.expect(`
engines [0]
send on task
gale_held_request
f failed: client: f: the controller is gone: it was lost and does not say what became of this`)
}

func TestQuestionsArePutAgainAndCommandsAreNot(t *testing.T) {
	x := newScene(t)
	x.engine(0, "a")
	x.ask("question", query, "")
	x.ask("command", control, "a")
	x.loseAll()
	x.ask("second", control, "a")
	x.step(connected{query})
	x.step(connected{control})
	x.reply("question", "", query)
	x.now = x.now.Add(idleGrace + time.Second)
	x.step(ticked{})
	x.reply("second", "a", control)
	x.idle("second", "a", control)
	x.expect(`
engines [0]
send on query
send on control
connection_request
send on query
command failed: client: command: ` + errUncertain.Error() + `
send on control
question answered by 
second answered by a`)
}

func TestEnginesThatLeftMeanwhileAreGone(t *testing.T) {
	x := newScene(t)
	x.welcome("gale", map[string]string{"0": "a", "1": "b"})
	x.ask("f", mux, "a")
	x.loseAll()
	x.step(connected{query})
	x.welcome("gale", map[string]string{"1": "b", "2": "c"})
	x.expect(`
engines [0 1]
send on mux
connection_request
engines [1 2]
f failed: f: engine 0 died
engines [1 2]`)
}

// The answer to who is there was written before notifications that have come already.
func TestNotificationsAreNewerThanAnAnswerUnderWay(t *testing.T) {
	x := newScene(t)
	x.engine(2, "c")
	x.leaves("a")
	x.welcome("gale", map[string]string{"0": "a", "1": "b"})
	x.leaves("b")
	x.expect(`
engines [2]
engines [1 2]
engines [2]`)
}

func TestAnswersAreAcknowledged(t *testing.T) {
	x := newScene(t)
	x.welcome("gale", map[string]string{"0": "a"})
	x.ask("f", task, "")
	x.ask("g", broadcast, "", "a")
	x.reply("f", "a", task)
	x.idle("f", "a", task)
	x.step(forgotten{x.ids["g"].Header.MsgID})
	x.reply("g", "a", broadcast) // nobody waits for it: the controller need not keep it either
	x.step(ticked{})
	x.step(ticked{})
	x.expect(`
engines [0]
send on task
send on broadcast
f answered by a
gale_ack_request`)
	var c wire.Ack
	if err := x.said.Content(&c); err != nil {
		t.Fatal(err)
	}
	if want := []wire.MsgID{x.ids["f"].Header.MsgID, x.ids["g"].Header.MsgID + "_a"}; len(c.MsgIDs) != 2 || c.MsgIDs[0] != want[0] || c.MsgIDs[1] != want[1] {
		t.Errorf("acknowledged are %q, want %q", c.MsgIDs, want)
	}
}

func TestOtherControllersAreNotAskedToKeepAnswers(t *testing.T) {
	x := newScene(t)
	x.welcome("", map[string]string{"0": "a"})
	x.ask("f", task, "")
	x.reply("f", "a", task)
	x.idle("f", "a", task)
	x.step(ticked{})
	x.expect(`
engines [0]
send on task
f answered by a`)
}
