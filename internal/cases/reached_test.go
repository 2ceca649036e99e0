package cases_test

import (
	"testing"
	"time"

	"portico/internal/cases/casestest"
)

func TestO18_HowFarAnApplicationGotIsKnownByServiceVariantAndState(t *testing.T) {
	casestest.OnEachEngine(t, func(w *casestest.World) {
		row := w.Applied(w.Citizen)
		sent := w.Store.Clock.Now()
		w.Store.Clock.Advance(time.Hour)
		w.Taken(row, w.Official)
		for _, c := range []struct {
			subject, service, variant, state string
			want                             time.Time
		}{
			{w.Citizen.ID, "road-permit", "", "submitted", sent},
			{w.Citizen.ID, "road-permit", "", "in-review", w.Store.Clock.Now()},
			{w.Citizen.ID, "road-permit", "", "approved", time.Time{}},
			{w.Citizen.ID, "road-permit", "renew", "submitted", time.Time{}},
			{w.Citizen.ID, "dewatering-permit", "", "submitted", time.Time{}},
			{w.Official.ID, "road-permit", "", "submitted", time.Time{}},
		} {
			got, err := w.Reached(w.T.Context(), c.subject, c.service, c.variant, c.state)
			if err != nil || !got.Equal(c.want) {
				w.T.Errorf("%s %q in %s: %v, not %v (%v)", c.service, c.variant, c.state, got, c.want, err)
			}
		}
	})
}
