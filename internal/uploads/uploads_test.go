package uploads_test

import (
	"bytes"
	"slices"
	"testing"

	"portico/internal/audit"
	"portico/internal/platform/fault"
	"portico/internal/uploads"
	"portico/internal/vault"
)

func TestI2_I3_AFileGoesInAndComesOutThroughTheGate(t *testing.T) {
	onEachEngine(t, func(w *world) {
		s, content := w.spot(w.citizen, plan), pdf(200_000, "dhigu magu")
		f := w.sent(s, "Plan of the road.PDF", content)
		if f.Kind != uploads.PDF || f.Size != int64(len(content)) {
			t.Errorf("received %+v", f)
		}
		if got := w.events(w.citizen, "road-permit.apply"); !slices.Equal(got, []string{audit.KindCollect}) {
			t.Errorf("sending is recorded as %v", got)
		}
		if got := w.events(w.citizen, "road-permit.examine"); !slices.Equal(got, []string{audit.KindAccess}) {
			t.Errorf("examining is recorded as %v", got)
		}
		got, err := read(w.Mine(t.Context(), w.citizen, f.ID))
		if err != nil || !bytes.Equal(got, content) {
			t.Fatalf("the person reads %d of %d bytes, %v", len(got), len(content), err)
		}
		got, err = read(w.Open(t.Context(), f.ID, w.task(s, w.official)))
		if err != nil || !bytes.Equal(got, content) {
			t.Fatalf("the official reads %d of %d bytes, %v", len(got), len(content), err)
		}
		events := w.store.Events(t, w.citizen.ID)
		last := events[len(events)-1]
		if last.Kind != audit.KindAccess || last.Actor.ID != w.official.ID || !slices.Equal(last.Fields, []string{plan}) || last.Facts["files"] != f.ID {
			t.Errorf("that an official opened it is recorded as %+v", last)
		}
		if _, err := vault.Replay(&last); err != nil {
			t.Error(err)
		}
	})
}

func TestO10_OnlyWhoHoldsTheCaseOpensItsFiles(t *testing.T) {
	onEachEngine(t, func(w *world) {
		s := w.spot(w.citizen, plan)
		f := w.sent(s, "plan.pdf", pdf(1000, "x"))
		unasked := w.spot(w.citizen, photo)
		unasked.Use.Scope = s.Use.Scope
		hidden := w.sent(unasked, "photo.png", picture(t, uploads.PNG, 9, 9))
		for what, open := range map[string]func() (*uploads.Content, error){
			"a file that deciding does not need": func() (*uploads.Content, error) { return w.Open(t.Context(), hidden.ID, w.task(unasked, w.official)) },
			"the file of a case of another": func() (*uploads.Content, error) {
				return w.Open(t.Context(), f.ID, w.task(w.spot(w.citizen, plan), w.official))
			},
		} {
			before := len(w.events(w.citizen, "road-permit.decide"))
			if _, err := read(open()); fault.KindOf(err) != fault.Denied {
				t.Errorf("%s: %v", what, err)
			}
			if after := w.events(w.citizen, "road-permit.decide"); len(after) != before+1 || after[before] != audit.KindDenied {
				t.Errorf("%s is recorded as %v", what, after)
			}
		}
	})
}

func TestSomebodyElsesFileIsNotFoundAndRecorded(t *testing.T) {
	onEachEngine(t, func(w *world) {
		f := w.sent(w.spot(w.citizen, plan), "plan.pdf", pdf(1000, "x"))
		theirs := w.spot(w.stranger, plan)
		for what, try := range map[string]func() error{
			"reading":  func() error { _, err := w.Mine(t.Context(), w.stranger, f.ID); return err },
			"removing": func() error { return w.Remove(t.Context(), theirs, f.ID) },
			"writing": func() error {
				_, err := w.Write(t.Context(), theirs, f.ID, 0, bytes.NewReader(pdf(10, "x")))
				return err
			},
		} {
			w.store.Clock.Advance(2 * 60e9)
			before := len(w.events(w.citizen, "road-permit.apply"))
			if err := try(); fault.KindOf(err) != fault.NotFound {
				t.Errorf("%s: %v", what, err)
			}
			if after := w.events(w.citizen, "road-permit.apply"); len(after) != before+1 || after[before] != audit.KindDenied {
				t.Errorf("%s is recorded as %v", what, after[before:])
			}
		}
		if _, err := read(w.Mine(t.Context(), w.citizen, f.ID)); err != nil {
			t.Errorf("the person's own file: %v", err)
		}
	})
}
