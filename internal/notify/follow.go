package notify

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"portico/internal/cases"
	"portico/internal/notify/kinds"
	"portico/internal/platform/db"
	"portico/internal/platform/i18n"
	"portico/internal/services"
)

// aboutCase is the sort of notices about cases.
const aboutCase = "case"

// Officials knows who is to be told of work that is late.
type Officials interface {
	// Supervisors are the officials who supervise a service and work now.
	Supervisors(tx *db.Tx, service string) (subjects []string, err error)
}

// Follow tells of the steps of cases: it is a cases.Follower.
func (s *Service) Follow(officials Officials, calendar func() cases.Calendar) cases.Follower {
	return func(tx *db.Tx, h cases.Happening) error {
		if h.Step.Action == cases.StepOverdue {
			return s.overdue(tx, officials, h)
		}
		kind := told(h)
		if kind == "" {
			return nil
		}
		n := Notice{
			Kind: kind, Subject: h.Case.Subject, About: aboutCase + ":" + h.Case.ID, State: h.Case.State,
			While: kind == kinds.Asked || kind == kinds.FeeDue,
		}
		if kind == kinds.Message {
			return s.Queue(tx, n)
		}
		n.Key = fmt.Sprintf("%s:%s:%d", aboutCase, h.Case.ID, h.Step.N)
		if err := s.Queue(tx, n); err != nil {
			return err
		}
		if to := h.To(); to.Turn() == services.Applicant && to.Deadline > 0 {
			n.Kind, n.Key = kinds.Deadline, n.Key+":soon"
			return s.remind(tx, n, calendar().Due(h.Case.Counted, h.Case.Days, s.Zone()))
		}
		return nil
	}
}

// told is the kind by which an applicant is told of a step, empty for none.
func told(h cases.Happening) string {
	to := h.To()
	action, _ := h.From.Action(h.Step.Action)
	switch {
	case h.Step.Action == cases.StepMessage:
		return kinds.Message
	case h.Step.Action == cases.StepSubmit:
		return kinds.Submitted
	case !h.Entered():
		return ""
	case action.Asks:
		return kinds.Asked
	case to.Fee:
		return kinds.FeeDue
	case to.Final && to.Look == "good":
		return kinds.Granted
	case to.Final && action.Doer() != services.Applicant:
		return kinds.Refused
	}
	return kinds.Changed
}

// overdue tells the holder of a case, and who supervises, that it is late: if
// it is the office that is late.
func (s *Service) overdue(tx *db.Tx, officials Officials, h cases.Happening) error {
	if h.To().Turn() != services.Official {
		return nil
	}
	list, err := officials.Supervisors(tx, h.Case.Service)
	if err != nil {
		return err
	}
	if h.Case.Holder != "" && !slices.Contains(list, h.Case.Holder) {
		list = append(list, h.Case.Holder)
	}
	slices.Sort(list)
	for _, subject := range list {
		if err := s.Queue(tx, Notice{
			Kind: kinds.Overdue, Subject: subject, About: aboutCase + ":" + h.Case.ID, State: h.Case.State, While: true,
			Key: fmt.Sprintf("%s:%s:%d", aboutCase, h.Case.ID, h.Step.N),
		}); err != nil {
			return err
		}
	}
	return nil
}

// Applications is what notices ask of cases.
type Applications interface {
	// Glance returns a case as its row says, without opening it.
	Glance(ctx context.Context, caseID string) (*cases.Application, error)
}

// CaseSource says what notices about cases may say.
type CaseSource struct {
	Cases    Applications
	Calendar func() cases.Calendar
	Zone     func() *time.Location
}

// Say answers for Source.
func (c CaseSource) Say(ctx context.Context, a About, p *i18n.Printer) (Words, error) {
	one, err := c.Cases.Glance(ctx, a.ID)
	if err != nil {
		return Words{}, err
	}
	s, _ := one.Service.Workflow.State(a.State)
	due := c.until(one, s, a.At)
	w := Words{State: one.Case.State, Until: due, Path: "/cabinet/applications/" + a.ID, Says: map[string]string{
		kinds.WordService: p.In(one.Service.Name), kinds.WordReference: one.Reference, kinds.WordState: p.In(s.Name),
		kinds.WordSays: strings.TrimSpace(p.In(s.Says)), kinds.WordDate: p.Date(due.Add(-time.Second)),
	}}
	if a.Kind == kinds.Overdue {
		w.Path = "/staff/cases/" + a.ID
	}
	return w, nil
}

// until is the end of the time of a state: of one that is not the office's, as
// the case stands in it or came into it at a time; of one that is, the day by
// which a decision was promised.
func (c CaseSource) until(a *cases.Application, s services.State, at time.Time) time.Time {
	days := s.Deadline
	switch {
	case s.Turn() == services.Official:
		at, days = a.Submitted, a.Service.WorkingDays
	case a.Case.State == s.ID:
		at = a.Counted
	}
	return c.Calendar().Due(at, days, c.Zone())
}
