package instance

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"portico/internal/notify/kinds"
	"portico/internal/policy"
)

// noticeFile is notices/ID.yaml.
type noticeFile = kinds.File

// Notices is what goes for all notices.
type Notices struct {
	Quiet Quiet `yaml:"quiet" json:"quiet" doc:"Hours in which no e-mail and no text message is sent but what is declared loud, in the portal's time zone."`
}

// Quiet is from a time of day until another, perhaps of the next day.
type Quiet struct {
	From  Clock `yaml:"from" json:"from" doc:"such as 21:00"`
	Until Clock `yaml:"until" json:"until" doc:"such as 07:00"`
}

// Clock is a time of day.
type Clock string

// Pattern is the form of a time of day.
func (Clock) Pattern() string { return `^([01][0-9]|2[0-3]):[0-5][0-9]$` }

// UnmarshalText checks the form.
func (c *Clock) UnmarshalText(b []byte) error {
	*c = Clock(b)
	return form(string(b), c.Pattern(), "a time of day such as 21:00")
}

// Minute is the minute of the day.
func (c Clock) Minute() int {
	t, err := time.Parse("15:04", string(c))
	if err != nil {
		return 0 // it is checked when it is read
	}
	return t.Hour()*60 + t.Minute()
}

// QuietHours are the minutes of the day between which nothing is sent; equal
// ones are none.
func (p *Portal) QuietHours() (from, until int) {
	if p.Notices == nil {
		return 0, 0
	}
	return p.Notices.Quiet.From.Minute(), p.Notices.Quiet.Until.Minute()
}

// notices compiles notices/ID.yaml.
func (l *loader) notices(in *Instance) {
	in.Notices = kinds.Set{}
	if q := in.Portal.Notices; q != nil && q.Quiet.From == q.Quiet.Until {
		l.at(portalFile, "notices/quiet", "notices/quiet: from and until are the same; leave notices out for no quiet hours")
	}
	for _, name := range l.within("notices") {
		file := "notices/" + name
		var f noticeFile
		if !l.decode(file, &f) {
			continue
		}
		l.texts(file, &f, in.Portal.Langs())
		k, problems := kinds.Compile(strings.TrimSuffix(name, ".yaml"), f)
		for _, p := range problems {
			l.at(file, p.Path, "%s", strings.TrimPrefix(fmt.Sprintf("%s: %s", p.Path, p.Message), ": "))
		}
		if k == nil {
			continue
		}
		l.opened(file, k, in.Declarations)
		in.Notices[k.ID] = k
	}
	if l.declared() && slices.ContainsFunc(in.Declarations.Retention, func(r policy.Retention) bool { return r.Tell }) && !slices.Contains(l.within("notices"), kinds.KeptEnds+".yaml") {
		l.at(homes["retention"], "retention", "retention: a rule says that people are told before something goes: write notices/%s.yaml", kinds.KeptEnds)
	}
	if in.Portal.Help == nil {
		return
	}
	for _, id := range []string{kinds.Inquired, kinds.Answered, kinds.Unanswered} {
		if !slices.Contains(l.within("notices"), id+".yaml") {
			l.at(portalFile, "help", "help: who asks is told: write notices/%s.yaml", id)
		}
	}
}

// opened checks that the policy declares what is opened to send a notice.
func (l *loader) opened(file string, k *kinds.Kind, d *policy.Declarations) {
	if !l.declared() {
		return
	}
	for _, c := range k.Channels {
		field := k.Contact(c)
		if field != "" && !slices.ContainsFunc(d.Activities, func(a policy.Activity) bool { return k.Opens(a, field) }) {
			which := fmt.Sprintf("an activity %q", k.Activity())
			if k.Class == kinds.MarketingClass {
				which = fmt.Sprintf("an activity of the purpose %q", k.Purpose)
			}
			l.at(file, "channels", "channels: to send it by %s, %s must declare %s with the relation system and the field %s", c, homes["activities"], which, field)
		}
	}
	if k.Class == kinds.MarketingClass && !slices.ContainsFunc(d.Purposes, func(p policy.Purpose) bool {
		return p.ID == k.Purpose && (p.Basis.DPV == "dpv:Consent" || p.Basis.DPV == "eu-gdpr:A6-1-a")
	}) {
		l.at(file, "purpose", "purpose: %s declares no purpose %q with consent as its basis", homes["purposes"], k.Purpose)
	}
}
