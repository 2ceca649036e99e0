package documents

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"portico/internal/cases"
	"portico/internal/forms"
	"portico/internal/platform/db"
	"portico/internal/platform/i18n"
	"portico/internal/platform/id"
	"portico/internal/platform/jobs"
	"portico/internal/policy"
	"portico/internal/services/paper"
	"portico/internal/vault"
)

// jobMake seals what a document says.
const jobMake = "documents.make"

// system is who makes documents.
func system() policy.Actor { return policy.Actor{Kind: policy.System, ID: "portico"} }

// Follow gives a case that comes into a state that issues its document. It is
// one of the followers of package cases.
func (d *Documents) Follow(tx *db.Tx, h cases.Happening) error {
	if !h.Entered() || !h.To().Issues || h.Service.Document == nil {
		return nil
	}
	return d.issue(tx, &Document{
		Subject: h.Case.Subject, Case: h.Case.ID, Service: h.Case.Service, N: 1, Issued: h.Step.At,
	}, h.Case.Reference)
}

// issue writes the row of a document, and has it made.
func (d *Documents) issue(tx *db.Tx, row *Document, reference string) error {
	row.ID, row.Number = id.New(row.Issued), number(reference, row.N)
	row.token = d.hashOf(d.tokenOf(row.ID))
	if err := insertDocument(tx, row); err != nil {
		return fmt.Errorf("issue a document: %w", err)
	}
	return d.Jobs.Enqueue(tx, jobs.New{Kind: jobMake, Key: row.ID, Payload: map[string]string{"document": row.ID}})
}

// makeAgain is when a document is tried again whose holder has restricted, or
// objects to, what it is made of.
const makeAgain = 24 * time.Hour

func (d *Documents) makeJob(ctx context.Context, job *jobs.Job) error {
	err := d.make(ctx, job.Get("document"))
	var denied *policy.Denied
	if !errors.As(err, &denied) || denied.Decision.Reason != policy.ReasonRestricted && denied.Decision.Reason != policy.ReasonObjected {
		return err
	}
	return d.DB.Update(ctx, func(tx *db.Tx) error {
		return d.Jobs.Enqueue(tx, jobs.New{Kind: jobMake, At: d.Clock.Now().Add(makeAgain), Payload: map[string]string{"document": job.Get("document")}})
	})
}

// errMade says that somebody else has made the document meanwhile.
var errMade = errors.New("the document is made already")

// make seals what a document says, unless that is done.
func (d *Documents) make(ctx context.Context, documentID string) error {
	row, err := d.find(ctx, func(tx *db.Tx) (*Document, error) { return selectDocument(tx, documentID) })
	if err != nil || !row.Made.IsZero() {
		return err
	}
	a, err := d.Cases.Glance(ctx, row.Case)
	if err != nil {
		return fmt.Errorf("find the case of a document: %w", err)
	}
	s := a.Service
	use := vault.Use{
		Actor: system(), Subject: row.Subject, Activity: s.IssueActivity(), Operation: policy.Use, Scope: row.scope(),
		Fields: s.Issued(), Reference: a.Reference,
	}
	answers := forms.Answers{}
	if len(use.Fields) > 0 {
		values, err := d.Vault.Read(ctx, use)
		if err != nil {
			return fmt.Errorf("open what a document says: %w", err)
		}
		for _, f := range s.Document.Reads(s.Form) {
			answers[f.Key] = values.Text(f.ID)
		}
	}
	if row.Expires, err = s.Document.Ends(s.Form, answers, row.Issued); err != nil {
		return fmt.Errorf("make a document: %w", err)
	}
	text, err := json.Marshal(d.write(a, row, answers))
	if err != nil {
		return fmt.Errorf("write a document: %w", err)
	}
	use.Operation, use.Fields = policy.Collect, []string{s.DocumentField()}
	err = d.Vault.Update(ctx, func(tx *db.Tx) error {
		if ok, err := madeDocument(tx, row, d.Clock.Now()); err != nil || !ok {
			return errors.Join(err, errMade)
		}
		permit, err := d.Vault.Permit(tx, use)
		if err != nil {
			return err
		}
		return d.Vault.Put(tx, permit, []vault.Value{{Field: s.DocumentField(), Item: row.ID, Text: string(text), Source: policy.SourceSystem}})
	})
	if errors.Is(err, errMade) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("seal a document: %w", err)
	}
	return nil
}

// write says in every language what a document says.
func (d *Documents) write(a *cases.Application, row *Document, answers forms.Answers) map[string]paper.Content {
	s, all := a.Service, map[string]paper.Content{}
	party, _ := d.Policy().Party(s.Responsible)
	for _, lang := range d.Languages() {
		p := d.Printer(lang)
		c := paper.Content{Name: p.In(s.Document.Name), Office: p.In(party.Name)}
		c.Title, c.Parts = s.Document.Write(p, paper.Data{Form: s.Form, Answers: answers, Own: func(p *i18n.Printer, fact string) string {
			switch fact {
			case paper.Number:
				return row.Number
			case paper.Issued:
				return p.Date(row.Issued)
			case paper.Until:
				return until(p, row)
			case paper.Reference:
				return a.Reference
			case paper.Received:
				return p.Date(a.Submitted)
			case paper.Service:
				return p.In(s.Name)
			}
			return c.Office
		}})
		all[lang] = c
	}
	return all
}

// until says how long a document is valid: the last day, or the moment if its
// end is not the end of a day.
func until(p *i18n.Printer, row *Document) string {
	switch at := row.Expires.In(p.Zone()); {
	case row.Expires.IsZero():
		return ""
	case at.Hour() == 0 && at.Minute() == 0 && at.Second() == 0:
		return p.Date(row.Expires.Add(-time.Second))
	}
	return p.DateTime(row.Expires)
}
