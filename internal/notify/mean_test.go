package notify_test

import (
	"bufio"
	"fmt"
	"math/rand/v2"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"portico/internal/notify"
	"portico/internal/notify/kinds"
	"portico/internal/platform/db"
	"portico/internal/platform/mail"
	"portico/internal/testkit"
)

// mean is a mail server that dawdles, hangs up in the middle of anything, and
// refuses messages once it has begun to take them.
type mean struct {
	port     int
	listener net.Listener
	mu       sync.Mutex
	lines    []net.Conn
	chance   *rand.Rand
	said     map[string]int // Message-ID → how often it was told that it was taken
	taken    map[string]int // and how often it was taken and the line was cut before that was said
	refused  map[string]int // for good
}

func meanly(t *testing.T) *mean {
	t.Helper()
	m := &mean{chance: testkit.Chance(t), said: map[string]int{}, taken: map[string]int{}, refused: map[string]int{}}
	var err error
	if m.listener, err = net.Listen("tcp", "127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	m.port = m.listener.Addr().(*net.TCPAddr).Port
	var talking sync.WaitGroup
	talking.Go(func() {
		for c, err := m.listener.Accept(); err == nil; c, err = m.listener.Accept() {
			m.mu.Lock()
			m.lines = append(m.lines, c)
			m.mu.Unlock()
			talking.Go(func() { m.talk(c) })
		}
	})
	t.Cleanup(func() {
		_ = m.listener.Close()
		m.mu.Lock()
		for _, c := range m.lines { // those that the portal keeps for the next message
			_ = c.Close()
		}
		m.mu.Unlock()
		talking.Wait()
	})
	return m
}

// dice throws one with so many sides.
func (m *mean) dice(sides int) int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.chance.IntN(sides)
}

func (m *mean) count(in map[string]int, id string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	in[id]++
}

func (m *mean) talk(c net.Conn) {
	defer c.Close() //nolint:errcheck // it is hung up
	r := bufio.NewReader(c)
	say := func(line string) bool {
		if m.dice(5) == 0 {
			<-time.After(time.Duration(m.dice(20)) * time.Millisecond) // it dawdles
		}
		_, err := fmt.Fprintf(c, "%s\r\n", line)
		return err == nil
	}
	for ok := say("220 mean"); ok; {
		line, err := r.ReadString('\n')
		if err != nil || m.dice(40) == 0 {
			return // whatever was said, it hangs up
		}
		verb, _, _ := strings.Cut(strings.ToUpper(strings.TrimSpace(line)), " ")
		switch verb {
		case "QUIT":
			say("221 bye")
			return
		case "DATA":
			if m.dice(8) == 0 {
				ok = say("451 4.3.0 not now")
				continue
			}
			if ok = say("354 go on"); ok {
				ok = m.take(r, say)
			}
		default:
			ok = say("250 fine")
		}
	}
}

// take reads a message and says what becomes of it.
func (m *mean) take(r *bufio.Reader, say func(string) bool) bool {
	id, lines := "", 0
	for {
		line, err := r.ReadString('\n')
		if err != nil {
			return false
		}
		if line == ".\r\n" {
			break
		}
		if v, ok := strings.CutPrefix(line, "Message-ID: "); ok {
			id = strings.Trim(strings.TrimSpace(v), "<>")
		}
		if lines++; lines == 5 && m.dice(10) == 0 {
			return false // in the middle of the message
		}
	}
	switch {
	case m.dice(10) == 0:
		return say("452 4.2.2 no room now")
	case m.dice(10) == 0:
		m.count(m.taken, id)
		return false // it took it and does not say so
	case m.dice(25) == 0:
		m.count(m.refused, id)
		return say("554 5.6.0 not this one")
	}
	m.count(m.said, id)
	return say("250 taken") && m.dice(6) != 0
}

func TestN9_WhateverTheMailServerDoesNoNoticeIsLostAndNoneGetsASecondMessageID(t *testing.T) {
	worlds(t, func(t *testing.T, w *world) {
		m := meanly(t)
		var err error
		if w.mailer, err = mail.NewSMTP(mail.SMTPConfig{
			Host: "127.0.0.1", Port: m.port, TLS: mail.Plain, From: "no-reply@one.gov.mv", Timeout: 5 * time.Second, Clock: w.Store.Clock,
		}); err != nil {
			t.Fatal(err)
		}
		kind := *w.kinds[kinds.Submitted]
		kind.Channels, kind.SMS = []kinds.Channel{kinds.Email}, nil
		w.kinds[kinds.Submitted] = &kind
		about := "case:" + w.Applied(w.Citizen).ID
		const more = 49
		for range more {
			w.queue(notify.Notice{Kind: kinds.Submitted, Subject: w.Citizen.ID, About: about, State: "submitted"})
		}
		for round := 0; ; round++ {
			var nodes sync.WaitGroup
			for range 8 {
				nodes.Go(func() {
					if _, err := w.jobs.Work(t.Context()); err != nil {
						t.Error(err)
					}
				})
			}
			nodes.Wait()
			s, err := w.jobs.Stats(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if s.Waiting == 0 {
				break
			}
			if round == 40 {
				t.Fatalf("%d still wait, %d are given up", s.Waiting, s.Dead)
			}
			w.Store.Clock.Advance(2 * time.Hour)
		}
		states := map[notify.State]int{}
		if err := w.Store.DB.View(t.Context(), func(tx *db.Tx) error {
			return tx.Select(func(r *db.Rows) error {
				var id string
				var state notify.State
				if err := r.Scan(&id, &state); err != nil {
					return err
				}
				states[state]++
				id += "@one.gov.mv"
				if cut := m.taken[id]; m.said[id] > 1 || state == notify.Sent && m.said[id] != 1 {
					t.Errorf("%s is %s: taken %d times, and %d times without a word", id, state, m.said[id], cut)
				}
				if m.refused[id] > 1 || state == notify.Rejected && (m.refused[id] != 1 || m.said[id] > 0) {
					t.Errorf("%s is %s: refused %d times", id, state, m.refused[id])
				}
				delete(m.said, id)
				delete(m.taken, id)
				delete(m.refused, id)
				return nil
			}, `SELECT notice, state FROM notify_delivery`)
		}); err != nil {
			t.Fatal(err)
		}
		if states[notify.Sent]+states[notify.Rejected] != more+1 || states[notify.Sent] < more/2 {
			t.Errorf("of %d notices: %v", more+1, states)
		}
		if n := len(m.said) + len(m.taken) + len(m.refused); n > 0 {
			t.Errorf("%d Message-IDs belong to no notice", n)
		}
	})
}
