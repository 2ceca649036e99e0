package services_test

import (
	"context"
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"portico/internal/services"
	"portico/internal/services/servicestest"
)

// edited is the road permit with its service.yaml changed.
func edited(t testing.TB, pairs ...string) fstest.MapFS {
	t.Helper()
	files := servicestest.RoadPermitFiles(t)
	text := string(files["service.yaml"].Data)
	for i := 0; i < len(pairs); i += 2 {
		if !strings.Contains(text, pairs[i]) {
			t.Fatalf("service.yaml says nothing of %q", pairs[i])
		}
		text = strings.Replace(text, pairs[i], pairs[i+1], 1)
	}
	files["service.yaml"] = &fstest.MapFile{Data: []byte(text)}
	if strings.Contains(text, "\nvariants:") {
		for name, file := range files {
			if strings.HasPrefix(name, "tests/") {
				files[name] = &fstest.MapFile{Data: append([]byte("variant: new\n"), file.Data...)}
			}
		}
	}
	return files
}

const variants = `variants:
  - id: new
    name: {en: New permit, dv: އާ ހުއްދަ}
    summary: {en: Your first permit., dv: ފުރަތަމަ ހުއްދަ.}
    documents: [{en: A plan., dv: ޕްލޭން.}]
  - id: renew
    name: {en: Renew a permit, dv: ހުއްދަ އާކުރުން}
    summary: {en: For one that ends., dv: ނިމޭ ހުއްދައަކަށް.}
    eligibility: {en: Whoever has a permit., dv: ހުއްދައެއް އޮތް މީހަކު.}
    cost: {en: Half of it., dv: ދެބައިކުޅައެއްބައި.}
    needs:
      - {service: road-permit, variant: new, state: approved, within: 365}
purpose:`

func TestO18_AVariantSpeaksForItselfAndTheServiceForTheRest(t *testing.T) {
	d := servicestest.Compile(t, edited(t, "purpose:", variants), "road-permit")
	fresh, ok := d.Offer("new")
	renew, ok2 := d.Offer("renew")
	if !ok || !ok2 {
		t.Fatal("a variant is not offered")
	}
	if fresh.Documents[0]["en"] != "A plan." || fresh.Cost["en"] != d.Cost["en"] || len(fresh.Needs) != 0 {
		t.Errorf("the new one: %+v", fresh)
	}
	if renew.Eligibility["en"] != "Whoever has a permit." || renew.Cost["en"] != "Half of it." || len(renew.Documents) != len(d.Documents) || len(renew.Needs) != 1 {
		t.Errorf("the renewal: %+v", renew)
	}
	if _, ok := d.Offer(""); ok {
		t.Error("a service with variants is offered without one")
	}
	if o, ok := servicestest.RoadPermit(t).Offer(""); !ok || o.Cost["en"] == "" {
		t.Error("a service without variants is not offered")
	}
}

func TestO18_AServiceOpensAndClosesOnItsDays(t *testing.T) {
	d := servicestest.Compile(t, edited(t, "purpose:", "opens: 2027-01-10\ncloses: 2027-01-12\npurpose:"), "road-permit")
	for at, want := range map[string]services.Stage{
		"2027-01-09T23:59:59+05:00": services.NotYet, "2027-01-10T00:00:00+05:00": services.Open,
		"2027-01-09T20:00:00Z":      services.Open, // which is the tenth there
		"2027-01-12T23:59:59+05:00": services.Open, "2027-01-13T00:00:00+05:00": services.Closed,
	} {
		if got := d.Stage(instant(t, at)); got != want {
			t.Errorf("at %s it is %s, not %s", at, got, want)
		}
	}
}

func instant(t testing.TB, s string) time.Time {
	t.Helper()
	at, err := time.Parse(time.RFC3339, s)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

// reached is a person's progress, by service, variant and state.
type reached map[[3]string]time.Time

func (r reached) Reached(_ context.Context, subject, service, variant, state string) (time.Time, error) {
	if subject != "aminath" {
		return time.Time{}, nil
	}
	return r[[3]string{service, variant, state}], nil
}

func TestO18_WhatToCompleteFirstIsCheckedForThePerson(t *testing.T) {
	d := servicestest.Compile(t, edited(t, "purpose:", variants), "road-permit")
	renew, _ := d.Offer("renew")
	approved := reached{{"road-permit", "new", "approved"}: instant(t, "2026-01-10T15:00:00+05:00")}
	for _, c := range []struct {
		who  string
		at   string
		done reached
		met  bool
	}{
		{"aminath", "2026-01-10T15:00:00+05:00", approved, true},
		{"aminath", "2027-01-10T23:59:59+05:00", approved, true}, // the 365th day
		{"aminath", "2027-01-11T00:00:00+05:00", approved, false},
		{"aminath", "2026-02-01T00:00:00+05:00", nil, false},
		{"somebody", "2026-02-01T00:00:00+05:00", approved, false},
	} {
		all, err := d.Progress(t.Context(), c.done, c.who, renew, instant(t, c.at))
		if err != nil || len(all) != 1 || all[0].Met != c.met || (len(services.Missing(all)) == 0) != c.met {
			t.Errorf("%s at %s: %+v, %v", c.who, c.at, all, err)
		}
	}
}

func TestWhatNobodyCanCompleteFirstIsRefused(t *testing.T) {
	other := func(needs string) fs.FS {
		return edited(t, "id: road-permit", "id: other", "purpose:", needs+"purpose:")
	}
	need := func(service, more string) string {
		return "needs:\n  - {service: " + service + ", state: approved" + more + "}\n"
	}
	for name, c := range map[string]struct {
		road, other, says string // says of the first of the two that has a fault
	}{
		"fine":              {"", need("road-permit", ""), ""},
		"no such service":   {need("nothing", ""), "", `no service "nothing"`},
		"no such variant":   {need("other", ", variant: new"), "", `no variant "new"`},
		"itself":            {need("road-permit", ""), "", "nobody can ever complete"},
		"in a circle":       {need("other", ""), need("road-permit", ""), "nobody can ever complete"},
		"a state of nobody": {strings.Replace(need("other", ""), "approved", "blessed", 1), "", `no state "blessed"`},
	} {
		t.Run(name, func(t *testing.T) {
			env := servicestest.Env(t)
			road, problems := services.Compile(edited(t, "purpose:", c.road+"purpose:"), "road-permit", env)
			more, problems2 := services.Compile(other(c.other), "other", env)
			if len(problems)+len(problems2) > 0 {
				t.Fatal(problems, problems2)
			}
			found := services.Link(map[string]*services.Definition{"road-permit": road, "other": more, "broken": nil})
			if c.says == "" {
				if len(found) > 0 {
					t.Error(found)
				}
				return
			}
			if len(found["road-permit"]) != 1 || !strings.Contains(found["road-permit"][0].Message, c.says) || found["road-permit"][0].Line < 2 {
				t.Errorf("%+v", found)
			}
		})
	}
	if found := services.Link(map[string]*services.Definition{
		"road-permit": servicestest.Compile(t, edited(t, "purpose:", need("broken", "")+"purpose:"), "road-permit"), "broken": nil,
	}); len(found) > 0 {
		t.Errorf("a service with faults of its own is complained of twice: %v", found)
	}
}
