package web

import (
	"net/http/httptest"
	"testing"
	"time"
)

// TestWhoeverIsNotUrgentWaitsForPeople: as long as a request is being answered
// the router is busy, and calm comes once it is answered, or after a while.
func TestWhoeverIsNotUrgentWaitsForPeople(t *testing.T) {
	r := newRouter(t, nil)
	came, answer := make(chan struct{}), make(chan struct{})
	r.Handle(Route{Method: "GET", Path: "/slow", Activity: "public", Handler: func(q *Req) error {
		came <- struct{}{}
		<-answer
		return nil
	}})
	if r.Busy() {
		t.Error("nobody asked for anything")
	}
	r.Calm(t.Context(), time.Hour) // nobody waits
	answered := make(chan struct{})
	for range 2 {
		go func() {
			r.ServeHTTP(httptest.NewRecorder(), get("/en/slow"))
			answered <- struct{}{}
		}()
		<-came
	}
	r.Calm(t.Context(), time.Millisecond)
	if !r.Busy() {
		t.Error("two wait for answers, and the router is not busy")
	}
	answer <- struct{}{}
	<-answered
	if !r.Busy() {
		t.Error("one waits for an answer still, and the router is not busy")
	}
	calm := make(chan struct{})
	go func() {
		r.Calm(t.Context(), time.Hour)
		close(calm)
	}()
	select {
	case <-calm:
		t.Error("there was calm while somebody waited")
	case answer <- struct{}{}:
	}
	<-answered
	<-calm
	if r.Busy() {
		t.Error("everybody was answered, and the router is busy")
	}
}
