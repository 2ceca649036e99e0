package services

import (
	"context"
	"slices"
	"strings"
	"time"

	"portico/internal/platform/i18n"
	"portico/internal/platform/web"
)

// Bar is why somebody cannot apply as things stand. What is said of it stands
// here and nowhere else: at the door, and beside a draft that cannot be sent.
type Bar struct {
	Stage     Stage      // not yet open, or closed
	Needs     []Progress // what has to be completed first, met or not
	Level     web.Level  // how well the portal would have to know them
	Withdrawn bool       // the service is not offered any more

	service *Definition
}

// Bar finds out whether somebody can apply now: the service is open, they have
// completed what comes first, and the portal knows them well enough, where
// they apply for themselves. It is nil if they can.
func (d *Definition) Bar(ctx context.Context, r Reached, subject string, o Offer, own bool, has web.Level, now time.Time) (*Bar, error) {
	if s := d.Stage(now); s != Open {
		return &Bar{Stage: s, service: d}, nil
	}
	all, err := d.Progress(ctx, r, subject, o, now)
	if err != nil {
		return nil, err
	}
	if len(Missing(all)) > 0 {
		return &Bar{Needs: all, service: d}, nil
	}
	if wants := web.Level(max(0, slices.Index(Level("").Values(), string(d.Level)))); own && has < wants {
		return &Bar{Level: wants, service: d}, nil
	}
	return nil, nil
}

// Says is the bar in words.
func (b *Bar) Says(p *i18n.Printer, all Catalogue) (title, text string) {
	switch {
	case b.Withdrawn:
		return p.T("services.bar"), p.T("services.bar.withdrawn")
	case b.Stage == NotYet:
		return p.T("services.stage.not-yet"), p.T("services.stage.not-yet.text", "day", b.service.Opens.In(b.service.zone))
	case b.Stage == Closed:
		return p.T("services.stage.closed"), p.T("services.stage.closed.text", "day", b.service.Closes.In(b.service.zone))
	case b.Level > 0:
		return p.T("services.bar"), p.T("services.bar.level." + b.Level.String())
	}
	var first []string
	for _, n := range Missing(b.Needs) {
		name, state := n.Service, n.State
		if d := all.Service(n.Service); d != nil {
			at, _ := d.Workflow.State(state)
			name, state = d.Title(n.Variant, p), p.In(at.Name)
		}
		first = append(first, p.T("services.bar.need", "service", name, "state", state))
	}
	return p.T("services.bar.needs"), strings.Join(first, " ")
}
